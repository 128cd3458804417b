//! `template.yaml` with parameters, as CloudFormation fills it in.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::yaml;

/// The account and stack of the rehearsals.
pub(crate) const ACCOUNT: &str = "111122223333";
const STACK: &str = "drs-failback";

/// The template, with its parameters set.
pub(crate) struct Template {
    raw: Value,
    parameters: BTreeMap<String, Value>,
}

/// Returns a file of the repository.
pub(crate) fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The parameters that the rehearsals' account gives to `sam deploy --guided`.
pub(crate) const SAMPLE: &[(&str, &str)] = &[
    ("SourceRegion", "us-east-1"),
    ("RecoveryRegion", "us-east-2"),
    ("HostedZoneArns", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"),
    // One role for each server of the rehearsals.
    ("InstanceRoleArns", "arn:aws:iam::111122223333:role/*-role"),
    ("FreezeHookArn", "arn:aws:lambda:us-east-2:111122223333:function:freeze"),
];

/// Returns `template.yaml` as it is written.
pub(crate) fn raw() -> Value {
    yaml::read(&file("template.yaml"))
}

impl Template {
    /// Returns the template as deployed with these parameters, and the defaults of all others.
    pub(crate) fn with(given: &[(&str, &str)]) -> Self {
        Self::of(raw(), given)
    }

    /// Returns a template with these parameters, and the defaults of all others.
    pub(crate) fn of(raw: Value, given: &[(&str, &str)]) -> Self {
        let declared = raw["Parameters"].as_object().expect("parameters");
        let mut parameters = BTreeMap::new();
        for (name, declaration) in declared {
            let given = given.iter().find(|(given, _)| given == name).map(|(_, value)| json!(value));
            let value = given.unwrap_or_else(|| declaration["Default"].clone());
            assert!(!value.is_null(), "{name} has no default: give it");
            let list = declaration["Type"] == "CommaDelimitedList";
            let items = || value.as_str().unwrap_or_default().split(',').map(str::trim).collect::<Vec<_>>();
            parameters.insert(name.clone(), if list { json!(items()) } else { value });
        }
        Self { raw, parameters }
    }

    /// Returns the template as the rehearsals' account deploys it.
    pub(crate) fn sample() -> Self {
        Self::with(SAMPLE)
    }

    /// Returns the value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> &Value {
        &self.parameters[name]
    }

    /// Returns the resources of a type, filled in. Functions include the template's `Globals`.
    pub(crate) fn resources(&self, kind: &str) -> BTreeMap<String, Value> {
        let nothing = json!({});
        let of_all =
            if kind == "AWS::Serverless::Function" { &self.raw["Globals"]["Function"] } else { &nothing };
        let all = self.raw["Resources"].as_object().expect("resources");
        let of_kind = all.iter().filter(|(_, resource)| resource["Type"] == kind);
        let exists = of_kind.filter(|(_, resource)| {
            resource["Condition"].as_str().is_none_or(|condition| self.condition(condition))
        });
        exists
            .map(|(name, resource)| (name.clone(), self.fill_in(&merged(of_all, &resource["Properties"]))))
            .collect()
    }

    fn condition(&self, name: &str) -> bool {
        self.fill_in(&self.raw["Conditions"][name]).as_bool().unwrap_or_else(|| panic!("no condition {name}"))
    }

    fn fill_in(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => match members.iter().next() {
                Some((name, argument)) if members.len() == 1 && is_function(name) => {
                    self.call(name, argument)
                }
                _ => {
                    let filled = members.iter().map(|(name, value)| (name.clone(), self.fill_in(value)));
                    Value::Object(filled.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>())
                }
            },
            Value::Array(items) => {
                items.iter().map(|item| self.fill_in(item)).filter(|item| !is_nothing(item)).collect()
            }
            other => other.clone(),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Value {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if function == "Fn::Sub" {
            // The text may contain names; a list's second item defines more.
            let named = self.fill_in(&argument[1]);
            let template = argument.as_str().or(argument[0].as_str()).expect("Fn::Sub has a text");
            return json!(self.substitute(template, &named));
        }
        if function == "Fn::If" {
            let condition = argument[0].as_str().expect("Fn::If names a condition");
            return self.fill_in(&argument[if self.condition(condition) { 1 } else { 2 }]);
        }
        let filled = self.fill_in(argument);
        match function {
            "Ref" => self.reference(&text(&filled)),
            "Condition" => json!(self.condition(&text(&filled))),
            "Fn::GetAtt" => json!(self.attribute(&text(&filled[0]), &text(&filled[1]))),
            "Fn::Equals" => json!(filled[0] == filled[1]),
            "Fn::Not" => json!(filled[0] == false),
            "Fn::And" => json!(filled.as_array().expect("a list").iter().all(|item| *item == true)),
            "Fn::Or" => json!(filled.as_array().expect("a list").iter().any(|item| *item == true)),
            "Fn::Join" => {
                let items: Vec<String> = filled[1].as_array().expect("a list").iter().map(text).collect();
                json!(items.join(filled[0].as_str().expect("a delimiter")))
            }
            "Fn::Split" => json!(text(&filled[1]).split(&text(&filled[0])).collect::<Vec<_>>()),
            "Fn::Select" => filled[1][text(&filled[0]).parse::<usize>().expect("an index")].clone(),
            other => panic!("{other} is not filled in here"),
        }
    }

    fn substitute(&self, text: &str, named: &Value) -> String {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a closing brace");
            // A variable of IAM's own, whose value a request has.
            if let Some(variable) = name.strip_prefix('!') {
                whole.extend(["${", variable, "}", rest]);
                continue;
            }
            let value = match (named.get(name), name.split_once('.')) {
                (Some(value), _) => value.clone(),
                (None, Some((resource, attribute))) => json!(self.attribute(resource, attribute)),
                (None, None) => self.reference(name),
            };
            whole += value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str();
            whole += rest;
        }
        whole
    }

    fn reference(&self, name: &str) -> Value {
        // SAM's name for the version that a deployment publishes: its ARN.
        if let Some(function) = name.strip_suffix(".Version") {
            return json!(format!("{}:7", self.arn(function)));
        }
        let region = self.parameter("RecoveryRegion");
        match name {
            "AWS::NoValue" => nothing(),
            "AWS::Partition" => json!("aws"),
            "AWS::AccountId" => json!(ACCOUNT),
            "AWS::StackName" => json!(STACK),
            "AWS::StackId" => json!(format!("arn:aws:cloudformation:::stack/{STACK}/0f1e2d3c")),
            // The stack is deployed in the recovery Region.
            "AWS::Region" => region.clone(),
            "AWS::URLSuffix" => json!("amazonaws.com"),
            _ => match self.parameters.get(name) {
                Some(value) => value.clone(),
                None => json!(self.identity(name)),
            },
        }
    }

    /// Returns the result of `Ref` for a resource: a name or, for some types, an ARN.
    fn identity(&self, name: &str) -> String {
        let resource = &self.raw["Resources"][name];
        match resource["Type"]
            .as_str()
            .unwrap_or_else(|| panic!("template.yaml refers to {name} and does not define it: add it"))
        {
            "AWS::S3::Bucket" => "drs-failback-evidence".to_owned(),
            "AWS::SNS::Topic" | "AWS::Serverless::StateMachine" | "AWS::IAM::ManagedPolicy" => self.arn(name),
            _ => name.to_owned(),
        }
    }

    fn attribute(&self, name: &str, attribute: &str) -> String {
        if attribute == "Arn" { self.arn(name) } else { format!("{name}.{attribute}") }
    }

    /// Returns the ARN of a resource of the stack.
    fn arn(&self, name: &str) -> String {
        let resource = &self.raw["Resources"][name];
        let region = self.parameter("RecoveryRegion").as_str().unwrap_or_default();
        let of = |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}");
        match resource["Type"]
            .as_str()
            .unwrap_or_else(|| panic!("template.yaml refers to {name} and does not define it: add it"))
        {
            "AWS::S3::Bucket" => "arn:aws:s3:::drs-failback-evidence".to_owned(),
            "AWS::Serverless::StateMachine" => {
                let machine = self.fill_in(&resource["Properties"]["Name"]);
                of("states", &format!("stateMachine:{}", machine.as_str().unwrap_or_default()))
            }
            "AWS::Serverless::Function" => of("lambda", &format!("function:{name}")),
            "AWS::SNS::Topic" => of("sns", name),
            "AWS::SQS::Queue" => of("sqs", name),
            "AWS::KMS::Key" => of("kms", &format!("key/{name}")),
            "AWS::Logs::LogGroup" => {
                let group = self.fill_in(&resource["Properties"]["LogGroupName"]);
                of("logs", &format!("log-group:{}:*", group.as_str().unwrap_or_default()))
            }
            "AWS::IAM::Role" => {
                let path = self.fill_in(&resource["Properties"]["Path"]);
                format!("arn:aws:iam::{ACCOUNT}:role{}{name}", path.as_str().unwrap_or("/"))
            }
            "AWS::IAM::ManagedPolicy" => format!("arn:aws:iam::{ACCOUNT}:policy/{name}"),
            other => panic!("{name}: the ARN of a {other} is not made up here"),
        }
    }
}

/// Returns SAM's combination of `Globals` and a resource's own properties: maps are merged, anything else is replaced.
fn merged(of_all: &Value, own: &Value) -> Value {
    let plain = |value: &Map<String, Value>| !value.keys().any(|name| is_function(name));
    match (of_all, own) {
        (Value::Object(all), Value::Object(members)) if plain(all) && plain(members) => {
            let mut whole = all.clone();
            for (name, value) in members {
                let value = all.get(name).map_or_else(|| value.clone(), |given| merged(given, value));
                whole.insert(name.clone(), value);
            }
            Value::Object(whole)
        }
        _ => own.clone(),
    }
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name.starts_with("Fn::")
}

/// Returns the stand-in for `AWS::NoValue` until it is left out.
fn nothing() -> Value {
    json!({ "AWS::NoValue": true })
}

fn is_nothing(value: &Value) -> bool {
    *value == nothing()
}
