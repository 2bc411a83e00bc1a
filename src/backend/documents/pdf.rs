//! Pages to a file: PDF/A-2a, which keeps fonts, colours and the order of reading inside. krilla's
//! validator refuses what would not be that. The same document always makes the same bytes.

use std::num::NonZeroU16;

use krilla::Document;
use krilla::color::rgb;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::{SerializeSettings, tagging};

use super::layout::{Ink, PAPER, Page, Part, Text, pages};
use super::typeface::{NoTypeface, Typeface, Weight};
use crate::model::document::DocumentView;

/// The width of a rule, in points.
const RULE: f32 = 0.6;
/// The mark across a document about test money.
const MARK: &str = "TEST";
const MARK_SIZE: f32 = 190.0;
const MARK_ANGLE: f32 = -35.0;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The typeface cannot be read.
    #[error(transparent)]
    Typeface(#[from] NoTypeface),
    /// It would not be PDF/A, or could not be written.
    #[error("the document cannot be written as PDF/A: {0}")]
    Refused(String),
}

impl From<KrillaError> for PdfError {
    fn from(error: KrillaError) -> Self {
        PdfError::Refused(format!("{error:?}"))
    }
}

/// The document as a file.
///
/// # Errors
/// It would not be a valid PDF/A.
pub fn write(document: &DocumentView) -> Result<Vec<u8>, PdfError> {
    let content = &document.content;
    let about = About {
        title: format!("{} {}", content.kind.title(), document.number),
        author: content.seller.name.clone(),
        name: document.number.clone(),
        made: content.issued.machine.clone(),
        test: content.test,
    };
    write_pages(&about, |typeface| pages(document, typeface))
}

/// What a file says about itself.
pub(super) struct About {
    pub title: String,
    pub author: String,
    /// No other file has it.
    pub name: String,
    /// When it was made, as `2026-11-22T14:05:00+01:00`.
    pub made: String,
    /// Whether it is about test money.
    pub test: bool,
}

/// Pages as a file.
pub(super) fn write_pages(
    about: &About,
    pages: impl FnOnce(&Typeface) -> Vec<Page>,
) -> Result<Vec<u8>, PdfError> {
    let typeface = Typeface::load()?;
    let mut file = Document::new_with(settings()?);
    let mut reading = Reading::default();
    for page in pages(&typeface) {
        let paper = PageSettings::from_wh(PAPER.0, PAPER.1)
            .ok_or_else(|| PdfError::Refused("the paper has no size".to_owned()))?;
        let mut sheet = file.start_page_with(paper);
        let mut surface = sheet.surface();
        draw(&mut surface, &page, about.test, &typeface, &mut reading);
        surface.finish();
        sheet.finish();
    }
    file.set_metadata(metadata(about));
    file.set_tag_tree(reading.into_tree());
    Ok(file.finish()?)
}

fn settings() -> Result<SerializeSettings, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .finish()
        .map_err(|error| PdfError::Refused(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

fn metadata(about: &About) -> Metadata {
    let metadata = Metadata::new()
        .title(about.title.clone())
        .authors(vec![about.author.clone()])
        .creator("Scrip".to_owned())
        .language("en".to_owned())
        .document_id(about.name.clone());
    match date(&about.made) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    }
}

/// The instant of `2026-11-22T14:05:00+01:00`, to the second.
fn date(machine: &str) -> Option<DateTime> {
    let part = |from: usize, until: usize| machine.get(from..until)?.parse::<u8>().ok();
    let date = DateTime::new(machine.get(0..4)?.parse().ok()?)
        .month(part(5, 7)?)
        .day(part(8, 10)?)
        .hour(part(11, 13)?)
        .minute(part(14, 16)?)
        .second(part(17, 19)?);
    let (hours, minutes) = match machine.get(19..)? {
        "Z" => (0, 0),
        _ => (machine.get(19..22)?.parse::<i8>().ok()?, part(23, 25)?),
    };
    Some(date.utc_offset_hour(hours).utc_offset_minute(minutes))
}

fn draw(
    surface: &mut Surface<'_>,
    page: &Page,
    test: bool,
    typeface: &Typeface,
    reading: &mut Reading,
) {
    if test {
        draw_mark(surface, typeface);
    }
    for height in &page.rules {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        draw_rule(surface, *height);
        surface.end_tagged();
    }
    for text in &page.texts {
        let covered = typeface.covered(&text.text);
        let said = (covered != text.text).then_some(text.text.as_str());
        let tag = match text.part {
            Part::Furniture => {
                ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther))
            }
            _ => ContentTag::Span(SpanTag::empty().with_actual_text(said)),
        };
        let name = surface.start_tagged(tag);
        surface.set_fill(Some(fill(colour(text.ink))));
        draw_text(surface, text, &covered, typeface);
        surface.end_tagged();
        if text.part != Part::Furniture {
            reading.add(text, name);
        }
    }
}

fn draw_text(surface: &mut Surface<'_>, text: &Text, covered: &str, typeface: &Typeface) {
    // A space at the end: words of two lines stay two words for whoever copies them.
    let spaced = format!("{covered} ");
    let glyphs = typeface.shape(&spaced, text.weight).glyphs;
    let start = Point::from_xy(text.x, text.baseline);
    surface.draw_glyphs(start, &glyphs, typeface.font(text.weight), &spaced, text.size, false);
}

fn draw_rule(surface: &mut Surface<'_>, height: f32) {
    const LEFT: f32 = 56.0;
    let Some(line) = Rect::from_xywh(LEFT, height, PAPER.0 - 2.0 * LEFT, RULE) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(line);
    surface.set_fill(Some(fill(rgb::Color::new(190, 200, 196))));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// Across the page and beneath everything.
fn draw_mark(surface: &mut Surface<'_>, typeface: &Typeface) {
    let width = typeface.width(MARK, Weight::Strong, MARK_SIZE);
    let (x, y) = (PAPER.0 / 2.0, PAPER.1 / 2.0);
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Watermark)));
    surface.set_fill(Some(fill(rgb::Color::new(242, 236, 224))));
    surface.push_transform(&Transform::from_rotate_at(MARK_ANGLE, x, y));
    let glyphs = typeface.shape(MARK, Weight::Strong).glyphs;
    let start = Point::from_xy(x - width / 2.0, y + MARK_SIZE * 0.36);
    surface.draw_glyphs(start, &glyphs, typeface.font(Weight::Strong), MARK, MARK_SIZE, false);
    surface.pop();
    surface.end_tagged();
}

fn fill(colour: rgb::Color) -> Fill {
    Fill { paint: colour.into(), ..Fill::default() }
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Dark => rgb::Color::new(24, 34, 30),
        Ink::Soft => rgb::Color::new(92, 104, 99),
        Ink::Warning => rgb::Color::new(146, 84, 10),
    }
}

/// The document in the order of reading, for those who hear it.
#[derive(Default)]
struct Reading {
    parts: Vec<(Part, Vec<Identifier>)>,
}

impl Reading {
    fn add(&mut self, text: &Text, name: Identifier) {
        match self.parts.iter_mut().find(|(part, _)| *part == text.part) {
            Some((_, names)) => names.push(name),
            None => self.parts.push((text.part, vec![name])),
        }
    }

    /// Two blocks stand side by side, each under its heading: they are read one after the other.
    fn put_paragraphs_behind_their_headings(&mut self) {
        for place in 0..self.parts.len() {
            let Part::Heading(number) = self.parts[place].0 else { continue };
            let belongs = |(part, _): &(Part, Vec<Identifier>)| *part == Part::Paragraph(number);
            if let Some(found) = self.parts.iter().position(belongs).filter(|found| *found > place)
            {
                let paragraph = self.parts.remove(found);
                self.parts.insert(place + 1, paragraph);
            }
        }
    }

    fn into_tree(mut self) -> TagTree {
        self.put_paragraphs_behind_their_headings();
        let mut tree = TagTree::new();
        let mut heads = TagGroup::new(Tag::TR);
        let mut rows: Vec<(usize, TagGroup)> = Vec::new();
        let mut after = Vec::new();
        let mut has_table = false;
        for (part, names) in self.parts {
            let names: Vec<tagging::Node> = names.into_iter().map(Into::into).collect();
            match part {
                Part::Head(_) => {
                    has_table = true;
                    heads.push(TagGroup::with_children(Tag::TH(TableHeaderScope::Column), names));
                }
                Part::Cell(number, _) => {
                    let cell = TagGroup::with_children(Tag::TD, names);
                    match rows.iter_mut().find(|(row, _)| *row == number) {
                        Some((_, row)) => row.push(cell),
                        None => {
                            rows.push((number, TagGroup::with_children(Tag::TR, vec![cell.into()])))
                        }
                    }
                }
                Part::Title => tree.push(TagGroup::with_children(heading(1), names)),
                Part::Heading(_) => tree.push(TagGroup::with_children(heading(2), names)),
                Part::Paragraph(_) | Part::Furniture => {
                    let paragraph = TagGroup::with_children(Tag::P, names);
                    if has_table { after.push(paragraph) } else { tree.push(paragraph) }
                }
            }
        }
        if has_table {
            let rows = rows.into_iter().map(|(_, row)| row.into());
            let rows = std::iter::once(heads.into()).chain(rows).collect();
            tree.push(TagGroup::with_children(Tag::Table, rows));
        }
        after.into_iter().for_each(|paragraph| tree.push(paragraph));
        tree
    }
}

fn heading(level: u16) -> Tag<tagging::kind::Hn> {
    Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Credits, Currency};
    use crate::model::Moment;
    use crate::model::document::{DocumentContent, DocumentKind, Party, TaxLine};

    fn moment() -> Moment {
        Moment {
            machine: "2026-11-22T14:05:00+01:00".into(),
            text: "22 Nov 2026, 14:05".into(),
            day: "22 Nov 2026".into(),
        }
    }

    fn document() -> DocumentView {
        let content = DocumentContent {
            kind: DocumentKind::Invoice,
            test: true,
            seller: Party {
                name: "Acme Software GmbH".into(),
                address: vec!["Hafenstraße 1".into(), "20457 Hamburg".into(), "Germany".into()],
                tax_id: Some("DE123456789".into()),
                email: Some("billing@acme.example".into()),
            },
            buyer: Party { name: "Nordwind".into(), ..Party::default() },
            description: "Starter, 50 credits".into(),
            detail: "The credits never expire.".into(),
            credits: Credits::from_micro(50_000_000),
            currency: Currency::parse("EUR").unwrap(),
            total_minor: 6_000,
            taxes: vec![TaxLine { label: "VAT 19 %".into(), minor: 958 }],
            cost_per_credit: Some("€1.200".into()),
            issued: moment(),
            paid: Some(moment()),
            purchase: "pur_1".into(),
            payment: Some("pi_1".into()),
            changes: None,
            time_zone: "Europe/Berlin".into(),
            notes: vec!["Thank you.".into()],
        };
        DocumentView { number: "TEST-NORD-2026-000001".into(), content }
    }

    fn words(document: &DocumentView) -> Vec<String> {
        let typeface = Typeface::load().unwrap();
        let pages = pages(document, &typeface);
        pages.into_iter().flat_map(|page| page.texts).map(|text| text.text).collect()
    }

    #[test]
    fn a_document_is_a_valid_archive_file_and_always_the_same_bytes() {
        let bytes = write(&document()).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(write(&document()).unwrap(), bytes);
        let xmp = String::from_utf8_lossy(&bytes);
        assert!(xmp.contains("pdfaid:part") && xmp.contains("pdfaid:conformance"), "says PDF/A");
        assert!(bytes.len() < 120_000, "{} bytes", bytes.len());
    }

    #[test]
    fn every_figure_stands_on_the_pages_as_the_document_has_it() {
        let words = words(&document());
        for figure in ["€50.42", "€9.58", "€60.00", "50", "€1.200", "TEST-NORD-2026-000001"]
        {
            assert!(words.iter().any(|word| word == figure), "{figure} in {words:?}");
        }
    }

    #[test]
    fn names_of_any_script_and_any_length_are_written_and_wrapped() {
        let names = [
            "山田太郎株式会社",
            "شركة الشمال",
            "<script>alert(1)</script> & “Söhne”",
            "e\u{301}\u{300}\u{323} Z\u{35}\u{20dd} 👩‍👩‍👧",
            "\u{0}\u{7}\u{202e}\u{e000}\u{ffff}",
            "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz-und-Söhne-Aktiengesellschaft-für-alles",
            "",
        ];
        for name in names {
            let mut document = document();
            document.content.buyer.name = name.into();
            document.content.description = name.repeat(3);
            write(&document).unwrap_or_else(|error| panic!("{name}: {error}"));
            let typeface = Typeface::load().unwrap();
            for text in pages(&document, &typeface).into_iter().flat_map(|page| page.texts) {
                let right = text.x + typeface.width(&text.text, text.weight, text.size);
                assert!(right <= PAPER.0 - 55.0, "{text:?} runs out of the paper");
            }
        }
    }

    #[test]
    fn a_long_document_goes_on_over_several_numbered_pages() {
        let mut document = document();
        document.content.notes = (1..=120).map(|number| format!("Note {number}.")).collect();
        let words = words(&document);
        let labels: Vec<_> = words.iter().filter(|word| word.contains(" · page ")).collect();
        assert!(labels.len() > 2, "{labels:?}");
        let last = format!("TEST-NORD-2026-000001 · page {0} of {0}", labels.len());
        assert_eq!(labels.last(), Some(&&last));
        assert!(words.contains(&"Note 120.".to_owned()));
        write(&document).unwrap();
    }

    #[test]
    fn a_date_is_read_with_its_offset() {
        assert!(date("2026-11-22T14:05:00+01:00").is_some());
        assert!(date("2026-11-22T14:05:00Z").is_some());
        assert!(date("yesterday").is_none());
    }
}
