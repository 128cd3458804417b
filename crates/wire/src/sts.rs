//! STS: the caller's identity, and roles to assume. Nothing is checked: every key is valid, and any role can be
//! assumed.

use failback_core::region::Region;
use failback_sim::{CallRequest, ServiceError, World};

use crate::credential_scope::CredentialScope;
use crate::ec2::REQUEST_ID;
use crate::namespaces;
use crate::query::Parameters;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};
use crate::time::zulu;
use crate::xml::Xml;

const HOUR_MS: i64 = 3_600_000;

/// Answers a request to STS.
pub(crate) fn answer(
    world: &mut World,
    region: Option<Region>,
    request: &HttpRequest,
    scope: &CredentialScope,
) -> Reply {
    let parameters = Parameters::read(request);
    match parameters.action() {
        "GetCallerIdentity" => {
            let outcome = world.call(CallRequest::new("sts:GetCallerIdentity", region, [""; 0]), |world| {
                Ok(world.account().to_owned())
            });
            Reply::of(outcome, |account| identity(&account, scope), |fault| error(&fault))
        }
        "AssumeRole" => {
            let role = parameters.text("RoleArn").unwrap_or_default().to_owned();
            let session = parameters.text("RoleSessionName").unwrap_or_default().to_owned();
            let request = CallRequest::new("sts:AssumeRole", region, [&role]);
            let outcome = world.call(request, |world| {
                if !role.starts_with("arn:") || session.is_empty() {
                    return Err(ServiceError::new(
                        "ValidationError",
                        "RoleArn and RoleSessionName are required",
                    ));
                }
                Ok(world.now_ms())
            });
            Reply::of(outcome, |now| assumed(&role, &session, now), |fault| error(&fault))
        }
        action => {
            let message = format!(
                "{action} is not modelled by this simulator. Operations of STS that are: GetCallerIdentity, AssumeRole"
            );
            Reply::Response(error(&ServiceError::new("InvalidAction", message)))
        }
    }
}

/// Returns an error in the form of AWS's older query protocol.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let text = Xml::document("ErrorResponse", namespaces::STS, |xml| {
        xml.element("Error", |xml| {
            xml.leaf("Type", if fault.http < 500 { "Sender" } else { "Receiver" });
            xml.leaf("Code", fault.code);
            xml.leaf("Message", &fault.message);
        });
        xml.leaf("RequestId", REQUEST_ID);
    });
    HttpResponse::xml(fault.http, text)
}

fn response(name: &str, inner: impl FnOnce(&mut Xml)) -> HttpResponse {
    let text = Xml::document(&format!("{name}Response"), namespaces::STS, |xml| {
        xml.element(&format!("{name}Result"), inner);
        xml.element("ResponseMetadata", |xml| xml.leaf("RequestId", REQUEST_ID));
    });
    HttpResponse::xml(200, text)
}

fn identity(account: &str, scope: &CredentialScope) -> HttpResponse {
    response("GetCallerIdentity", |xml| {
        xml.leaf("Arn", format!("arn:aws:iam::{account}:user/{}", scope.key));
        xml.leaf("UserId", &scope.key);
        xml.leaf("Account", account);
    })
}

fn assumed(role: &str, session: &str, now_ms: i64) -> HttpResponse {
    let assumed = role.replace(":iam::", ":sts::").replace(":role/", ":assumed-role/");
    response("AssumeRole", |xml| {
        xml.element("Credentials", |xml| {
            xml.leaf("AccessKeyId", "ASIASIMULATED0000000");
            xml.leaf("SecretAccessKey", "simulated");
            xml.leaf("SessionToken", "simulated");
            xml.leaf("Expiration", zulu(now_ms + HOUR_MS));
        });
        xml.element("AssumedRoleUser", |xml| {
            xml.leaf("AssumedRoleId", format!("AROASIMULATED0000000:{session}"));
            xml.leaf("Arn", format!("{assumed}/{session}"));
        });
    })
}
