"""Writes a template with the given state machine as its Definition: cfn-lint does not open a DefinitionUri."""

import json
import sys

machine, template = sys.argv[1:]
with open(machine, encoding="utf-8") as file:
    definition = json.load(file)
for state in definition["States"].values():
    # The language takes an expression here; cfn-lint's schema knows only numbers.
    if str(state.get("TimeoutSeconds", "")).startswith("{%"):
        state["TimeoutSeconds"] = 60
placeholders = sorted(
    {word.split("}")[0] for word in json.dumps(definition).split("${")[1:]}
)
with open(template, "w", encoding="utf-8") as file:
    json.dump(
        {
            "Resources": {
                "Machine": {
                    "Type": "AWS::StepFunctions::StateMachine",
                    "Properties": {
                        "RoleArn": "arn:aws:iam::111122223333:role/machine",
                        "Definition": definition,
                        "DefinitionSubstitutions": {name: "value" for name in placeholders},
                    },
                }
            }
        },
        file,
    )
