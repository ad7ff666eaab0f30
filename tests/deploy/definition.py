"""The definition of a template's state machine as JSON, for a validator of state machines.

usage: definition.py TEMPLATE

What CloudFormation fills in is a word that stands for it.
"""

import json
import sys

import cfnlint.decode


def filled(value):
    """The value with a text in the place of each intrinsic function."""
    match value:
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::Partition}", "aws")
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case dict():
            return {key: filled(below) for key, below in value.items()}
        case list():
            return [filled(below) for below in value]
    return value


template, problems = cfnlint.decode.decode(sys.argv[1])
if problems:
    sys.exit(f"{sys.argv[1]}: {problems}")
machines = [it for it in template["Resources"].values() if it["Type"] == "AWS::StepFunctions::StateMachine"]
[machine] = machines
print(json.dumps(filled(machine["Properties"]["Definition"]), indent=1))
