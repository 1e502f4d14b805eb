from interviews.services.interviewer import script
from interviews.services.interviewer.types import Exchange, Reply, TurnContext


def reply(context, *, policy, deadline):
    return script.reply(context)
