//! Form bodies and queries with Stripe's bracket nesting, read into a tree.
//!
//! `a[b][0][c]=1` nests, `a[]=1` appends. Knows no endpoint; `parameters` gives the tree meaning.

use super::failure::{Answer, Failure};

/// How deep brackets may nest; Stripe's own parameters stay below six.
const MAXIMUM_DEPTH: usize = 10;
/// How many fields one request may carry.
const MAXIMUM_FIELDS: usize = 1_000;

/// A value or a group of named values in the order they came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Group(Vec<(String, Node)>),
}

/// Reads `application/x-www-form-urlencoded` text.
pub(crate) fn parse(text: &[u8]) -> Answer<Vec<(String, Node)>> {
    let mut root = Vec::new();
    let fields: Vec<_> = form_urlencoded::parse(text).collect();
    if fields.len() > MAXIMUM_FIELDS {
        return Err(Failure::invalid("", format!("More than {MAXIMUM_FIELDS} parameters.")));
    }
    for (name, value) in fields {
        let path = split(&name)?;
        insert(&mut root, &name, &path, value.into_owned())?;
    }
    Ok(root)
}

/// `a[b][]` becomes `["a", "b", ""]`.
fn split(name: &str) -> Answer<Vec<&str>> {
    let malformed = || Failure::invalid(name, format!("Invalid parameter name: {name}"));
    let Some((head, rest)) = name.split_once('[') else { return Ok(vec![name]) };
    let rest = rest.strip_suffix(']').ok_or_else(malformed)?;
    let mut path = vec![head];
    path.extend(rest.split("]["));
    let broken = |part: &&str| part.contains(['[', ']']);
    if head.is_empty() || path.len() > MAXIMUM_DEPTH || path.iter().any(broken) {
        return Err(malformed());
    }
    Ok(path)
}

fn insert(group: &mut Vec<(String, Node)>, name: &str, path: &[&str], value: String) -> Answer<()> {
    let key = if path[0].is_empty() { group.len().to_string() } else { path[0].to_owned() };
    let position = group.iter().position(|(existing, _)| *existing == key);
    if path.len() == 1 {
        match position {
            Some(position) => group[position].1 = Node::Text(value),
            None => group.push((key, Node::Text(value))),
        }
        return Ok(());
    }
    let position = position.unwrap_or_else(|| {
        group.push((key, Node::Group(Vec::new())));
        group.len() - 1
    });
    match &mut group[position].1 {
        Node::Group(inner) => insert(inner, name, &path[1..], value),
        Node::Text(_) => Err(Failure::invalid(name, format!("Invalid object: {name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Node {
        Node::Text(value.to_owned())
    }

    #[test]
    fn brackets_nest_and_empty_brackets_append() {
        let tree = parse(b"a[0][b]=1&a[0][c]=2&expand[]=x&expand[]=y&plain=z%20z").expect("valid");
        let item = Node::Group(vec![("b".into(), text("1")), ("c".into(), text("2"))]);
        let expand = Node::Group(vec![("0".into(), text("x")), ("1".into(), text("y"))]);
        let expected = vec![
            ("a".to_owned(), Node::Group(vec![("0".into(), item)])),
            ("expand".to_owned(), expand),
            ("plain".to_owned(), text("z z")),
        ];
        assert_eq!(tree, expected);
    }

    #[test]
    fn broken_brackets_are_refused() {
        for broken in ["a[b=1", "[b]=1", "a[b]]=1", "a[[b]]=1", "a=1&a[b]=2"] {
            assert!(parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = format!("a{}=1", "[b]".repeat(MAXIMUM_DEPTH));
        assert!(parse(deep.as_bytes()).is_err());
    }
}
