//! The smallest PDF that shows text: one A4 page, one font, lines from top to bottom.

use std::fmt::Write;

/// Where the first line stands and how far apart lines are, in points.
const TOP: u32 = 780;
const LEFT: u32 = 56;
/// How many lines fit on the page.
const MAXIMUM_LINES: usize = 48;

/// A page with a title and lines below. Letters outside Windows-1252 become question marks.
pub(crate) fn single_page(title: &str, lines: &[String]) -> Vec<u8> {
    let mut content =
        format!("BT /F1 20 Tf {LEFT} {TOP} Td ({}) Tj /F1 10 Tf 0 -30 Td\n", text(title));
    for line in lines.iter().take(MAXIMUM_LINES) {
        let _ = writeln!(content, "({}) Tj 0 -15 Td", text(line));
    }
    content.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R \
         /Resources << /Font << /F1 4 0 R >> >> >>"
            .to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    assemble(&objects)
}

fn assemble(objects: &[String]) -> Vec<u8> {
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table = file.len();
    let count = objects.len() + 1;
    let _ = write!(file, "xref\n0 {count}\n0000000000 65535 f \n");
    for offset in offsets {
        let _ = writeln!(file, "{offset:010} 00000 n ");
    }
    let _ = write!(file, "trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    file.into_bytes()
}

/// Text within a PDF string: ASCII as it is, other Windows-1252 letters as octal codes.
fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '(' | ')' | '\\' => {
                safe.push('\\');
                safe.push(character);
            }
            ' '..='~' => safe.push(character),
            '€' => safe.push_str("\\200"),
            '–' => safe.push_str("\\226"),
            '−' => safe.push('-'),
            '\u{a0}'..='ÿ' => {
                let _ = write!(safe, "\\{:03o}", u32::from(character));
            }
            _ => safe.push('?'),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_stands_where_the_table_says() {
        let file = single_page("TEST", &["Plan (a) \\ €5 – Zürich".to_owned()]);
        let shown = String::from_utf8(file).expect("ASCII only");
        let (_, table) = shown.split_once("xref\n0 6\n").expect("a table");
        for (index, line) in table.lines().skip(1).take(5).enumerate() {
            let offset: usize = line[..10].parse().expect("an offset");
            assert!(shown[offset..].starts_with(&format!("{} 0 obj", index + 1)));
        }
        assert!(shown.contains("(Plan \\(a\\) \\\\ \\2005 \\226 Z\\374rich) Tj"));
        assert!(shown.ends_with("%%EOF\n"));
    }
}
