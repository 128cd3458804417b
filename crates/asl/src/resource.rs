//! The ARNs that the `Resource` of a Task may have.

const WAIT_FOR_TOKEN: &str = ".waitForTaskToken";

/// Returns true if the task ends when its token is returned, not when its call is.
pub(crate) fn waits_for_token(resource: &str) -> bool {
    resource.ends_with(WAIT_FOR_TOKEN)
}

/// Returns the problem of a resource, if it has one.
pub(crate) fn problem(resource: &str) -> Option<String> {
    // The deployment puts an ARN in place of the placeholder.
    if resource.starts_with("${") && resource.ends_with('}') {
        return None;
    }
    let Some((partition, rest)) = resource.strip_prefix("arn:").and_then(split_partition) else {
        return Some(format!("`{resource}` is not an ARN"));
    };
    if !(partition.starts_with("aws") || partition.starts_with("${")) {
        return Some(format!("`{partition}` is not a partition of AWS"));
    }
    if let Some(function) = rest.strip_prefix("lambda:") {
        let is_function = function.split(':').nth(2) == Some("function") && !function.ends_with(':');
        return (!is_function).then(|| format!("`{resource}` is not the ARN of a function"));
    }
    let Some(integration) = rest.strip_prefix("states:::") else {
        return Some(format!("`{resource}` is no integration of Step Functions and no function"));
    };
    let action = integration.strip_suffix(WAIT_FOR_TOKEN).unwrap_or(integration);
    if matches!(action, "lambda:invoke" | "sns:publish") {
        return None;
    }
    if action.strip_prefix("aws-sdk:").is_some_and(is_sdk_action) {
        return None;
    }
    Some(format!("the integration `{integration}` is not one that this runner knows"))
}

/// Splits the text at the colon after the partition. A placeholder such as `${AWS::Partition}` has
/// colons of its own.
fn split_partition(text: &str) -> Option<(&str, &str)> {
    let from = if text.starts_with("${") { text.find('}')? } else { 0 };
    let colon = from + text.get(from..)?.find(':')?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

fn is_sdk_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, action)| is_camel_case(service) && is_camel_case(action))
}

fn is_camel_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_resources_are_accepted_and_others_refused() {
        for accepted in [
            "arn:aws:states:::lambda:invoke",
            "arn:aws:states:::sns:publish",
            "arn:aws:states:::sns:publish.waitForTaskToken",
            "arn:${AWS::Partition}:states:::lambda:invoke",
            "arn:aws-us-gov:states:::aws-sdk:drs:describeSourceServers",
            "arn:aws:lambda:eu-west-1:123456789012:function:plan",
            "${PlanFunctionArn}",
        ] {
            assert_eq!(problem(accepted), None, "{accepted}");
        }
        for refused in [
            "lambda",
            "arn:aws:states:::lambdaa:invoke",
            "arn:aws:states:::aws-sdk:drs",
            "arn:aws:states:::aws-sdk:drs:StartRecovery",
            "arn:aws:lambda:eu-west-1:123456789012:layer:plan",
            "arn:aws:s3:::bucket",
            "arn:gcp:states:::lambda:invoke",
        ] {
            assert!(problem(refused).is_some(), "{refused}");
        }
    }
}
