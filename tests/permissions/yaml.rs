//! `template.yaml` as JSON, with CloudFormation's short functions written out: `!Ref X` becomes `{"Ref": "X"}`.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// Reads a template.
pub(crate) fn read(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).expect("the template is YAML");
    let [document] = documents.as_slice() else { panic!("the template is one document") };
    value(document)
}

fn value(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Tagged(tag, inside) => function(&tag.suffix, inside),
        Yaml::Mapping(mapping) => {
            let member = |(key, inside): (&Yaml<'_>, &Yaml<'_>)| {
                (key.as_str().expect("keys are texts").to_owned(), value(inside))
            };
            Value::Object(mapping.iter().map(member).collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => items.iter().map(value).collect(),
        Yaml::Value(scalar) => plain(scalar),
        Yaml::Representation(text, ..) => json!(text),
        Yaml::Alias(_) | Yaml::BadValue => panic!("CloudFormation reads no aliases"),
    }
}

fn plain(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(is) => json!(is),
        Scalar::Integer(number) => json!(number),
        Scalar::FloatingPoint(number) => json!(number.into_inner()),
        Scalar::String(text) => json!(text),
    }
}

fn function(tag: &str, inside: &Yaml<'_>) -> Value {
    let inside = value(inside);
    match tag {
        "Ref" => json!({ "Ref": inside }),
        "GetAtt" => {
            let text = inside.as_str().expect("GetAtt names an attribute");
            let (resource, attribute) = text.split_once('.').expect("a resource and its attribute");
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        other => json!({ format!("Fn::{other}"): inside }),
    }
}
