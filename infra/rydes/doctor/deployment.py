"""Stacks, and the alarms that they have made."""

from infra.naming import OPERATIONS_STACK
from infra.rydes.doctor.finding import Ill, Looked, count
from infra.rydes.doctor.patient import Patient
from infra.rydes.verify.inspection import DEPLOYED, STACKS


def stacks(patient: Patient) -> Looked:
    """Are deployed, and no deployment has failed or goes on."""
    pages = patient.system.client("cloudformation").get_paginator("describe_stacks").paginate()
    states = {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}
    names = patient.system.names
    wanted = [names.of(plain) for plain in STACKS]
    if (optional := names.of(OPERATIONS_STACK)) in states:
        wanted.append(optional)
    ill: list[Ill] = []
    for name in wanted:
        state = states.get(name)
        events = patient.aws(f"cloudformation describe-stack-events --stack-name {name}")
        if state is None:
            to_do = f"Deploy it: {patient.system.HOW_TO_DEPLOY}"
            ill.append(Ill(f"{name} is not deployed", "Nothing of it is there.", to_do))
        elif state.endswith("_IN_PROGRESS"):
            ill.append(Ill(f"{name} is being deployed: {state}", "What is ill may pass.", events))
        elif state not in DEPLOYED:
            means = "Its last deployment failed; what was there before works on."
            ill.append(Ill(f"{name}: {state}", means, events))
    return Looked(count(len(wanted), "stack"), ill)


def alarms(patient: Patient) -> Looked:
    """Are silent. One that tells nobody is part of another."""
    waking = [alarm for alarm in patient.alarms if alarm.get("AlarmActions")]
    ill = []
    for alarm in waking:
        if alarm["StateValue"] == "ALARM":
            said, _, section = str(alarm.get("AlarmDescription", alarm["AlarmName"])).partition(" Runbook: ")
            says, _, means = said.partition(". ")
            to_do = f"docs/runbook.md: {section.rstrip('.')}" if section else alarm["AlarmName"]
            ill.append(Ill(f"alarm: {says.rstrip('.')}", means, to_do))
    return Looked(f"{len(waking)} alarms silent" if not ill else "", ill)
