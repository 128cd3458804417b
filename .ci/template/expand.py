"""Writes template.yaml as CloudFormation gets it: SAM's types expanded, the state machines inlined.

usage: expand.py OUT.json
"""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The translator asks for AWS's managed policies by name; this template uses none."""

    def load(self):
        return {}


def machine(path):
    with open(path, encoding="utf-8") as file:
        definition = json.load(file)
    for state in definition["States"].values():
        # The language takes an expression here; cfn-lint's schema knows only numbers.
        if str(state.get("TimeoutSeconds", "")).startswith("{%"):
            state["TimeoutSeconds"] = 60
    return definition


with open("template.yaml", encoding="utf-8") as file:
    template = yaml_parse(file.read())
machines = {}
for name, resource in template["Resources"].items():
    properties = resource.get("Properties", {})
    # Where `sam deploy` uploads things to.
    if resource["Type"] == "AWS::Serverless::Function":
        properties["CodeUri"] = "s3://bucket/key"
    if resource["Type"] == "AWS::Serverless::StateMachine":
        machines[name] = machine(properties["DefinitionUri"])
        properties["DefinitionUri"] = "s3://bucket/key"
expanded = transform(template, {}, NoManagedPolicies())
for name, definition in machines.items():
    properties = expanded["Resources"][name]["Properties"]
    del properties["DefinitionS3Location"]
    properties["Definition"] = definition
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(expanded, file, indent=1)
