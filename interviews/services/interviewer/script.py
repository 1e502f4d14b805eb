from interviews.services.interviewer.types import Reply


def greeting(*, company, job_title):
    return f"Hello, and welcome to {company}."


def reply(context):
    return Reply("Thank you.", None, "basic", "", "script.v1", 0, 0, 0)
