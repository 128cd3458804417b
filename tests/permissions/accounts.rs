//! `accounts/*.json`: the roles in other accounts, one for each function. Written from `template.yaml`, so that a function is
//! allowed there what it is allowed in one account.

use serde_json::{Map, Value, json};

use crate::policy::reads;
use crate::template::raw;

/// What another account has of the stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    /// The file, without its ending.
    pub(crate) name: &'static str,
    /// The middle of its roles' names.
    pub(crate) middle: &'static str,
    /// The parameter with its Region. Route 53 has none.
    region: Option<&'static str>,
    what: &'static str,
}

pub(crate) const SIDES: [Side; 3] = [
    Side { name: "source", middle: "a", region: Some("SourceRegion"), what: "Region A" },
    Side { name: "recovery", middle: "b", region: Some("RecoveryRegion"), what: "Region B" },
    Side { name: "dns", middle: "dns", region: None, what: "the hosted zones" },
];

const REGIONS: [&str; 2] = ["SourceRegion", "RecoveryRegion"];

/// The policy whose statements every function holds, also those through DRS.
const SHARED_READS: &str = "ReadPolicy";

impl Side {
    /// Returns the path of its template.
    pub(crate) fn path(self) -> String {
        format!("accounts/{}.json", self.name)
    }

    /// Reports whether requests of a service, in the Region of a parameter if it has one, are made there.
    fn has(self, service: &str, region: Option<&str>) -> bool {
        match self.region {
            None => service == "route53",
            Some(own) => {
                ["drs", "ec2", "iam", "kms", "ssm"].contains(&service)
                    && region.is_none_or(|region| region == own)
            }
        }
    }

    /// Returns the part of a statement that this account needs. What DRS does for its caller, only if `asks` says that the
    /// function asks DRS for changes here.
    fn statement(self, statement: &Value, asks: bool) -> Option<Value> {
        if let Some(choice) = statement.get("Fn::If") {
            let then = self.statement(&choice[1], asks)?;
            return Some(json!({ "Fn::If": [choice[0], then, choice[2]] }));
        }
        if !asks && statement["Condition"]["Bool"]["aws:ViaAWSService"] == "true" {
            return None;
        }
        let service = list(&statement["Action"])[0].as_str()?.split(':').next()?.to_owned();
        // What has no resource level may name one Region in its condition.
        let asked_in = statement["Condition"]["StringEquals"]["aws:RequestedRegion"]["Ref"].as_str();
        if asked_in.is_some_and(|region| self.region != Some(region)) {
            return None;
        }
        let resources: Vec<Value> = list(&statement["Resource"])
            .into_iter()
            .filter(|resource| self.has(&service, region_of(resource)))
            .collect();
        let (first, others) = resources.split_first()?;
        let mut own = statement.clone();
        own["Resource"] = if others.is_empty() { first.clone() } else { json!(resources) };
        Some(own)
    }

    fn policy(self, document: &Value, asks: bool) -> Option<Value> {
        let statements = list(&document["Statement"]);
        let own: Vec<Value> = statements.iter().filter_map(|one| self.statement(one, asks)).collect();
        (!own.is_empty()).then(|| json!({ "Version": document["Version"], "Statement": own }))
    }

    /// Returns its template.
    pub(crate) fn template(self) -> Value {
        let stack = raw();
        let mut resources = Map::new();
        for (name, role) in roles(&stack) {
            resources.insert(format!("{name}Role"), self.role(&stack, name, &role["Properties"]));
        }
        let held = Value::Object(resources.clone()).to_string();
        for (name, policy) in of_type(&stack, "AWS::IAM::ManagedPolicy") {
            let Some(document) = self.policy(&policy["Properties"]["PolicyDocument"], true) else { continue };
            if held.contains(&json!({ "Ref": name }).to_string()) {
                let properties =
                    json!({ "Description": policy["Properties"]["Description"], "PolicyDocument": document });
                let mut policy = json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": properties });
                if let Some(condition) = stack["Resources"][name].get("Condition") {
                    policy["Condition"] = condition.clone();
                }
                resources.insert(name.to_owned(), policy);
            }
        }
        let resources = renamed(&Value::Object(resources));
        let conditions = named(&stack["Conditions"], &[&resources]);
        let mut parameters = named(&stack["Parameters"], &[&resources, &conditions]);
        for (name, parameter) in own_parameters(&stack) {
            parameters[name] = parameter;
        }
        for parameter in parameters.as_object_mut().expect("parameters").values_mut() {
            let described = parameter["Description"].as_str().unwrap_or_default();
            parameter["Description"] = json!(described.replace(". Deploy this stack there", ""));
        }
        let what = self.what;
        let description = format!(
            "drs-failback: the roles of the stack's functions in the account of {what}, where that is another account. \
             Written from template.yaml by tests/permissions. See docs/deploy.md, Other accounts."
        );
        let mut template = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Description": description });
        template["Parameters"] = parameters;
        template["Conditions"] = conditions;
        template["Resources"] = resources;
        template
    }

    fn role(self, stack: &Value, name: &str, properties: &Value) -> Value {
        let own: Vec<&Value> = properties["Policies"].as_array().into_iter().flatten().collect();
        let asks = own.iter().any(|policy| self.asks(&policy["PolicyDocument"]));
        let mut managed = Vec::new();
        let mut holds: Vec<String> = list(&properties["ManagedPolicyArns"])
            .iter()
            .filter_map(|arn| Some(arn["Ref"].as_str()?.to_owned()))
            .collect();
        for (policy, of) in of_type(stack, "AWS::IAM::ManagedPolicy") {
            if list(&of["Properties"]["Roles"]).contains(&json!({ "Ref": format!("{name}Role") })) {
                holds.push(policy.to_owned());
            }
        }
        for policy in holds {
            let document = &stack["Resources"][&policy]["Properties"]["PolicyDocument"];
            // What is not shared by all functions is what DRS does for those that launch.
            if self.policy(document, asks || policy == SHARED_READS).is_some() {
                let reference = json!({ "Ref": policy });
                managed.push(match stack["Resources"][&policy].get("Condition") {
                    Some(condition) => json!({ "Fn::If": [condition, reference, { "Ref": "AWS::NoValue" }] }),
                    None => reference,
                });
            }
        }
        let policies: Vec<Value> = own
            .iter()
            .filter_map(|policy| {
                let document = self.policy(&policy["PolicyDocument"], asks)?;
                Some(json!({ "PolicyName": policy["PolicyName"], "PolicyDocument": document }))
            })
            .collect();
        let mut role = json!({
            "RoleName": { "Fn::Sub": format!("${{StackName}}-{}-{name}", self.middle) },
            "AssumeRolePolicyDocument": trust(name),
            "ManagedPolicyArns": managed,
        });
        if !policies.is_empty() {
            role["Policies"] = json!(policies);
        }
        json!({ "Type": "AWS::IAM::Role", "Properties": role })
    }

    /// Reports whether a policy lets its function itself ask DRS for a change here.
    fn asks(self, document: &Value) -> bool {
        list(&document["Statement"]).iter().filter_map(|one| self.statement(one, false)).any(|statement| {
            let actions = list(&statement["Action"]);
            let changes =
                |action: &Value| action.as_str().is_some_and(|one| one.starts_with("drs:") && !reads(one));
            actions.iter().any(changes)
        })
    }
}

/// The trust of a role: in the role of the one function that it is for, which its path tells, with the external id.
fn trust(function: &str) -> Value {
    let own = format!(
        "arn:${{AWS::Partition}}:iam::${{StackAccount}}:role/${{StackName}}/${{RecoveryRegion}}/{function}/*"
    );
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": { "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${StackAccount}:root" } },
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnLike": { "aws:PrincipalArn": { "Fn::Sub": own } },
                "StringEquals": { "sts:ExternalId": { "Ref": "ExternalId" } },
            },
        },
    })
}

/// The parameters that the stack does not have, and the one of its own that every trust names.
fn own_parameters(stack: &Value) -> Vec<(&'static str, Value)> {
    let mut secret = stack["Parameters"]["ExternalId"].clone();
    secret.as_object_mut().expect("a parameter").remove("Default");
    secret["AllowedPattern"] = json!("[A-Za-z0-9+=,.@:/-]{2,64}");
    secret["Description"] =
        json!("The stack's parameter of this name: a text of your own, which the roles ask for");
    secret["ConstraintDescription"] = json!("2 to 64 letters, digits and characters of +=,.@:/-");
    let account = json!({
        "Type": "String",
        "AllowedPattern": "[0-9]{12}",
        "ConstraintDescription": "the number of an account",
        "Description": "The account of the stack, whose functions assume the roles",
    });
    let name = json!({
        "Type": "String",
        "Default": "drs-failback",
        "AllowedPattern": "[A-Za-z][A-Za-z0-9-]*",
        "MaxLength": 30,
        "ConstraintDescription": "the name of a stack, of at most 30 characters: a role's name has 64",
        "Description": "The name of the stack",
    });
    vec![
        ("ExternalId", secret),
        ("RecoveryRegion", stack["Parameters"]["RecoveryRegion"].clone()),
        ("StackAccount", account),
        ("StackName", name),
    ]
}

/// Returns the functions that are steps, with their roles.
pub(crate) fn roles(stack: &Value) -> Vec<(&str, &Value)> {
    let reads = json!({ "Ref": SHARED_READS });
    let roles = of_type(stack, "AWS::IAM::Role").into_iter();
    // What lifts freezes is no step, and works in the stack's own account.
    let roles = roles.filter(|(name, _)| *name != "LiftFreezesRole");
    let of_steps = roles.filter(|(_, role)| list(&role["Properties"]["ManagedPolicyArns"]).contains(&reads));
    of_steps.map(|(name, role)| (name.trim_end_matches("Role"), role)).collect()
}

fn of_type<'s>(stack: &'s Value, kind: &str) -> Vec<(&'s str, &'s Value)> {
    let all = stack["Resources"].as_object().expect("resources").iter();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), resource))
        .collect()
}

/// Returns a list as it is, nothing as an empty one, and anything else as a list of one.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// Returns the parameter with the Region of an ARN.
fn region_of(resource: &Value) -> Option<&'static str> {
    let arn = resource["Fn::Sub"].as_str()?;
    REGIONS.into_iter().find(|region| arn.contains(&format!(":${{{region}}}:")))
}

/// The stack's name is a parameter here.
fn renamed(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("${AWS::StackName}", "${StackName}")),
        Value::Array(items) => items.iter().map(renamed).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), renamed(value))).collect())
        }
        other => other.clone(),
    }
}

/// Returns those of the stack's definitions that are named in parts of a template.
fn named(definitions: &Value, parts: &[&Value]) -> Value {
    let text: String = parts.iter().map(ToString::to_string).collect();
    let all = definitions.as_object().expect("definitions").iter();
    let is_named = |name: &str| {
        [format!("\"{name}\""), format!("${{{name}}}")].iter().any(|form| text.contains(form.as_str()))
    };
    Value::Object(
        all.filter(|(name, _)| is_named(name)).map(|(name, one)| (name.clone(), one.clone())).collect(),
    )
}

/// Returns a value as JSON, in lines of at most 120 characters where that can be.
pub(crate) fn text(value: &Value, indent: usize) -> String {
    let short = line(value);
    let is_leaf = !value.is_object() && !value.is_array();
    if is_leaf || indent > 3 && indent + short.len() <= 116 {
        return short;
    }
    let (pad, end) = (" ".repeat(indent + 1), " ".repeat(indent));
    let inner = |inner: &Value| text(inner, indent + 1);
    let lines: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{pad}{}: {}", json!(name), inner(value))).collect()
        }
        _ => list(value).iter().map(|value| format!("{pad}{}", inner(value))).collect(),
    };
    let (open, close) = if value.is_array() { ("[", "]") } else { ("{", "}") };
    format!("{open}\n{}\n{end}{close}", lines.join(",\n"))
}

/// Returns a value as JSON in one line.
fn line(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", json!(name), line(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(line).collect::<Vec<_>>().join(", ")),
        leaf => leaf.to_string(),
    }
}
