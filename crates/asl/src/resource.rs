//! The resources that a Task may name.

const TOKEN: &str = ".waitForTaskToken";

/// Whether the task ends when somebody returns its token, not when its call is answered.
pub(crate) fn waits_for_token(resource: &str) -> bool {
    resource.ends_with(TOKEN)
}

/// Says what is wrong with a resource, if anything is.
pub(crate) fn fault(resource: &str) -> Option<String> {
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
        let named = function.split(':').nth(2) == Some("function") && !function.ends_with(':');
        return (!named).then(|| format!("`{resource}` is not the ARN of a function"));
    }
    let Some(integration) = rest.strip_prefix("states:::") else {
        return Some(format!("`{resource}` is no integration of Step Functions and no function"));
    };
    let call = integration.strip_suffix(TOKEN).unwrap_or(integration);
    if matches!(call, "lambda:invoke" | "sns:publish")
        || call.strip_prefix("aws-sdk:").is_some_and(is_sdk_call)
    {
        return None;
    }
    Some(format!("the integration `{integration}` is not one that this runner knows"))
}

/// Cuts at the colon behind the partition; a placeholder such as `${AWS::Partition}` has colons too.
fn split_partition(text: &str) -> Option<(&str, &str)> {
    let from = if text.starts_with("${") { text.find('}')? } else { 0 };
    let colon = from + text.get(from..)?.find(':')?;
    Some((text.get(..colon)?, text.get(colon + 1..)?))
}

fn is_sdk_call(call: &str) -> bool {
    let word = |w: &str| {
        w.starts_with(|c: char| c.is_ascii_lowercase()) && w.chars().all(|c| c.is_ascii_alphanumeric())
    };
    call.split_once(':').is_some_and(|(service, action)| word(service) && word(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_told_apart() {
        for good in [
            "arn:aws:states:::lambda:invoke",
            "arn:aws:states:::sns:publish",
            "arn:aws:states:::sns:publish.waitForTaskToken",
            "arn:${AWS::Partition}:states:::lambda:invoke",
            "arn:aws-us-gov:states:::aws-sdk:drs:describeSourceServers",
            "arn:aws:lambda:eu-west-1:123456789012:function:plan",
            "${PlanFunctionArn}",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "lambda",
            "arn:aws:states:::lambdaa:invoke",
            "arn:aws:states:::aws-sdk:drs",
            "arn:aws:states:::aws-sdk:drs:StartRecovery",
            "arn:aws:lambda:eu-west-1:123456789012:layer:plan",
            "arn:aws:s3:::bucket",
            "arn:gcp:states:::lambda:invoke",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
