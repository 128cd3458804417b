//! The permissions of a role: the statements of its policies, and IAM's answers.

use failback_sim::{Context, Permission};
use serde_json::Value;

use crate::template::Template;

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// The Sid.
    pub(crate) sid: String,
    /// The actions that it allows.
    pub(crate) actions: Vec<String>,
    /// Patterns of ARNs.
    pub(crate) resources: Vec<String>,
    /// Operator, condition key and values.
    pub(crate) conditions: Vec<(String, String, Vec<String>)>,
    /// The managed policy that contains it, if it is not in one of the role's own.
    pub(crate) shared: Option<String>,
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned();
    value.as_array().map_or_else(|| vec![text(value)], |items| items.iter().map(text).collect())
}

impl Statement {
    fn read(value: &Value) -> Self {
        assert_eq!(value["Effect"], "Allow", "only what is granted is written");
        let mut conditions = Vec::new();
        for (operator, keys) in value["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().expect("condition keys") {
                conditions.push((operator.clone(), key.clone(), texts(values)));
            }
        }
        Self {
            sid: value["Sid"]
                .as_str()
                .unwrap_or_else(|| panic!("a statement without a Sid: {value}"))
                .to_owned(),
            actions: texts(&value["Action"]),
            resources: texts(&value["Resource"]),
            conditions,
            shared: None,
        }
    }

    /// Reports whether only a service that acts for the role can use it.
    pub(crate) fn is_via_service(&self) -> bool {
        self.conditions.iter().any(|(operator, key, values)| {
            (operator.as_str(), key.as_str()) == ("Bool", "aws:ViaAWSService") && *values == ["true"]
        })
    }

    /// Reports whether it allows only reads.
    pub(crate) fn only_reads(&self) -> bool {
        self.actions.iter().all(|action| reads(action))
    }

    /// Reports whether it allows the action on the resource under these conditions.
    pub(crate) fn allows(&self, action: &str, resource: &str, context: &Context) -> bool {
        self.actions.iter().any(|allowed| matches(allowed, action))
            && self.resources.iter().any(|pattern| matches(pattern, resource))
            && self.conditions.iter().all(|(operator, key, values)| holds(operator, key, values, context))
    }

    /// Reports whether it allows a request.
    pub(crate) fn answers(&self, asked: &Permission) -> bool {
        self.allows(asked.action, &asked.resource, &asked.conditions())
    }
}

/// Reports whether an action changes nothing.
pub(crate) fn reads(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Describe", "Get", "List"].iter().any(|verb| name.starts_with(verb))
}

/// Returns the statements of a policy document.
pub(crate) fn statements(document: &Value) -> Vec<Statement> {
    document["Statement"].as_array().expect("statements").iter().map(Statement::read).collect()
}

/// Returns the statements of a role's own policies.
pub(crate) fn own(template: &Template, role: &str) -> Vec<Statement> {
    let roles = template.resources("AWS::IAM::Role");
    let role = roles.get(role).unwrap_or_else(|| panic!("there is no role {role}"));
    let policies = role["Policies"].as_array().into_iter().flatten();
    policies.flat_map(|policy| statements(&policy["PolicyDocument"])).collect()
}

/// Returns the managed policies that a role holds: those that it names, and those that name it.
pub(crate) fn held(template: &Template, role: &str) -> Vec<String> {
    let roles = template.resources("AWS::IAM::Role");
    let arns = roles[role]["ManagedPolicyArns"].as_array().into_iter().flatten();
    let mut held: Vec<String> = arns
        .filter_map(Value::as_str)
        .map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    for (name, policy) in template.resources("AWS::IAM::ManagedPolicy") {
        if policy["Roles"].as_array().into_iter().flatten().any(|named| named == role) {
            held.push(name);
        }
    }
    held
}

/// Returns a statement with the role's tags in place of IAM's variables for them.
fn with_tags(mut statement: Statement, role: &Value) -> Statement {
    for tag in role["Tags"].as_array().into_iter().flatten() {
        let (key, value) =
            (tag["Key"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default());
        for resource in &mut statement.resources {
            *resource = resource.replace(&format!("${{aws:PrincipalTag/{key}}}"), value);
        }
    }
    // IAM takes a variable that has no value for no resource.
    statement.resources.retain(|resource| !resource.contains("${"));
    statement
}

/// Returns the statements of a role, with those of the managed policies that it holds.
pub(crate) fn of_role(template: &Template, role: &str) -> Vec<Statement> {
    let managed = template.resources("AWS::IAM::ManagedPolicy");
    let tags = template.resources("AWS::IAM::Role")[role].clone();
    let mut all = own(template, role);
    for name in held(template, role) {
        let policy = managed.get(&name).unwrap_or_else(|| panic!("{name} is not a policy of this stack"));
        let shared = statements(&policy["PolicyDocument"]).into_iter();
        let shared = shared.map(|statement| with_tags(statement, &tags));
        all.extend(shared.map(|statement| Statement { shared: Some(name.clone()), ..statement }));
    }
    all
}

/// Matches a text against a pattern with IAM's wildcards.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => same(pattern, text),
        Some((head, tail)) => {
            let Some(rest) = text.get(head.len()..).filter(|_| same(head, &text[..head.len()])) else {
                return false;
            };
            (0..=rest.len()).any(|from| rest.get(from..).is_some_and(|rest| matches(tail, rest)))
        }
    }
}

fn same(pattern: &str, text: &str) -> bool {
    pattern.len() == text.len() && pattern.chars().zip(text.chars()).all(|(p, t)| p == '?' || p == t)
}

fn holds(operator: &str, key: &str, wanted: &[String], context: &Context) -> bool {
    let found = context.get(key);
    let one = |test: fn(&str, &str) -> bool| {
        found.is_some_and(|found| found.iter().any(|value| wanted.iter().any(|wanted| test(wanted, value))))
    };
    let all = |test: fn(&str, &str) -> bool| {
        found.is_none_or(|found| found.iter().all(|value| wanted.iter().any(|wanted| test(wanted, value))))
    };
    match operator {
        "Null" => wanted == [if found.is_none() { "true" } else { "false" }],
        "StringEquals" | "Bool" => one(|wanted, value| wanted == value),
        "StringLike" | "ArnLike" => one(matches),
        "ForAllValues:StringEquals" => all(|wanted, value| wanted == value),
        "ForAllValues:StringLike" => all(matches),
        other => panic!("{other} is not answered here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_iams() {
        assert!(matches(
            "arn:aws:drs:us-east-1:1:source-server/*",
            "arn:aws:drs:us-east-1:1:source-server/s-1"
        ));
        assert!(!matches(
            "arn:aws:drs:us-east-1:1:source-server/*",
            "arn:aws:drs:us-east-2:1:source-server/s-1"
        ));
        assert!(matches("*", "anything") && matches("ec2:Run?nstances", "ec2:RunInstances"));
        assert!(!matches("ec2:RunInstances", "ec2:RunInstance") && !matches("abc*", "ab"));
    }

    #[test]
    fn conditions_are_iams() {
        let context = Context::from([("k".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
        let holds = |operator: &str, key: &str, wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|text| (*text).to_owned()).collect();
            super::holds(operator, key, &wanted, &context)
        };
        assert!(holds("Null", "k", &["false"]) && holds("Null", "other", &["true"]));
        assert!(holds("StringEquals", "k", &["b"]) && !holds("StringEquals", "other", &["b"]));
        assert!(holds("ForAllValues:StringEquals", "k", &["a", "b"]));
        assert!(!holds("ForAllValues:StringEquals", "k", &["a"]));
        // In IAM, a condition on all of no values holds.
        assert!(holds("ForAllValues:StringEquals", "other", &["a"]));
    }
}
