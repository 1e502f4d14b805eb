"""How much a resume may be. The parent and the reader's process both hold to it."""

MAX_BYTES = 5 * 1024 * 1024
MAX_PAGES = 15
MAX_UNPACKED = 60 * 1024 * 1024
MAX_RATIO = 100
RATIO_COUNTS_FROM = 1024 * 1024  # a small entry may well be a hundred times smaller when packed
MAX_PART = 20 * 1024 * 1024  # one XML part: its tree takes about ten times as much memory
MAX_ENTRIES = 2000
MAX_CHARACTERS = 100_000  # more than fifteen pages hold
MAX_HIDDEN = 300  # pieces shown; what is beyond is counted
MAX_HIDDEN_TEXT = 2000  # characters of one piece

MEMORY = 700 * 1024 * 1024
CPU_SECONDS = 10
WALL_SECONDS = 15.0
OPEN_FILES = 16  # three pipes, and tables of characters that a font asks for
MAX_OUTPUT = 4 * 1024 * 1024
