from llm import use_admin  # noqa: F401
