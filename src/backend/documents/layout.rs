//! Words to pages: where each line of a document stands on A4, over as many pages as it needs. The PDF
//! draws what stands here and nothing else.

use super::typeface::{Typeface, Weight};
use crate::model::document::{COLUMNS, DocumentView, Sheet};

/// A4 in points: width and height.
pub const PAPER: (f32, f32) = (595.28, 841.89);
/// The white around what is printed.
pub(super) const MARGIN: f32 = 56.0;
pub(super) const RIGHT: f32 = PAPER.0 - MARGIN;
const BOTTOM: f32 = PAPER.1 - 72.0;
/// Where the footer's line stands.
const FOOTER: f32 = PAPER.1 - 40.0;
pub(super) const WIDTH: f32 = RIGHT - MARGIN;
/// Where the second of two columns begins.
const MIDDLE: f32 = MARGIN + WIDTH / 2.0 + 8.0;
/// Where the values of the facts begin.
pub(super) const VALUES: f32 = MARGIN + 104.0;
/// The right edge of the column of credits.
const CREDITS: f32 = MARGIN + 370.0;
/// How wide a description may be.
const DESCRIPTION: f32 = 280.0;
/// Where the labels of the sums begin.
const SUMS: f32 = MARGIN + 230.0;
/// A line's height as a multiple of the letters' size.
const LEADING: f32 = 1.45;

/// How dark a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Dark,
    Soft,
    Warning,
}

/// What a text is, for those who hear the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Title,
    /// The heading of the paragraph of that number.
    Heading(usize),
    /// Lines of one number belong together.
    Paragraph(usize),
    /// The head of a column.
    Head(usize),
    /// A cell of the table, by its row and its column.
    Cell(usize, usize),
    /// Repeated on every page, and no part of what is read.
    Furniture,
}

/// One line of text; `x` and `baseline` in points from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub x: f32,
    pub baseline: f32,
    pub size: f32,
    pub weight: Weight,
    pub ink: Ink,
    pub part: Part,
    pub text: String,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub texts: Vec<Text>,
    /// Thin lines over the whole width, by their height.
    pub rules: Vec<f32>,
}

/// The look of a text.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub size: f32,
    weight: Weight,
    ink: Ink,
}

pub(super) const PLAIN: Look = Look { size: 10.0, weight: Weight::Regular, ink: Ink::Dark };
pub(super) const SOFT: Look = Look { size: 9.0, weight: Weight::Regular, ink: Ink::Soft };
pub(super) const STRONG: Look = Look { size: 10.0, weight: Weight::Strong, ink: Ink::Dark };
pub(super) const TITLE: Look = Look { size: 22.0, weight: Weight::Strong, ink: Ink::Dark };
const TEST: Look = Look { size: 10.0, weight: Weight::Strong, ink: Ink::Warning };
pub(super) const SUM: Look = Look { size: 12.0, weight: Weight::Strong, ink: Ink::Dark };

/// What is said where the typeface lacks a letter.
const LACKING: &str = "□ stands for a letter that this file’s typeface does not have. The page of this \
     document shows every letter.";

/// The pages of a document.
pub fn pages(document: &DocumentView, typeface: &Typeface) -> Vec<Page> {
    let sheet = document.sheet();
    let mut flow = Flow::new(typeface);
    flow.head(&sheet);
    flow.parties(&sheet);
    flow.goods(&sheet);
    flow.sums(&sheet);
    flow.notes(&sheet);
    flow.numbered(&document.number)
}

fn number_pages(pages: &mut [Page], number: &str, typeface: &Typeface) {
    let count = pages.len();
    for (page, place) in pages.iter_mut().zip(1..) {
        let text = format!("{number} · page {place} of {count}");
        let x = RIGHT - typeface.width(&text, SOFT.weight, SOFT.size);
        page.texts.push(text_at(x, FOOTER, SOFT, Part::Furniture, text));
    }
}

fn text_at(x: f32, baseline: f32, look: Look, part: Part, text: String) -> Text {
    let Look { size, weight, ink } = look;
    Text { x, baseline, size, weight, ink, part, text }
}

/// Where the next line goes.
pub(super) struct Flow<'a> {
    typeface: &'a Typeface,
    pages: Vec<Page>,
    y: f32,
    paragraph: usize,
}

impl<'a> Flow<'a> {
    /// At the top of the first page.
    pub(super) fn new(typeface: &'a Typeface) -> Flow<'a> {
        Flow { typeface, pages: vec![Page::default()], y: MARGIN, paragraph: 0 }
    }

    /// The pages, each with what it is a page of.
    pub(super) fn numbered(mut self, name: &str) -> Vec<Page> {
        number_pages(&mut self.pages, name, self.typeface);
        self.pages
    }

    fn head(&mut self, sheet: &Sheet) {
        self.line(MARGIN, TITLE, Part::Title, sheet.title);
        if let Some(words) = sheet.test {
            self.block(MARGIN, WIDTH, TEST, words);
        }
        self.skip(12.0);
        self.facts(&sheet.facts);
    }

    /// Labels, and beside them what they are.
    pub(super) fn facts(&mut self, facts: &[(&'static str, String)]) {
        for (label, value) in facts {
            let paragraph = self.next_paragraph();
            let lines = self.wrapped(value, RIGHT - VALUES, PLAIN);
            for (line, first) in
                lines.iter().zip(std::iter::once(true).chain(std::iter::repeat(false)))
            {
                self.make_room(PLAIN);
                if first {
                    self.put_beside(PLAIN, MARGIN, SOFT, paragraph, label);
                }
                self.put(VALUES, PLAIN, paragraph, line);
                self.advance(PLAIN);
            }
        }
        self.skip(20.0);
    }

    /// Both blocks side by side, line by line.
    fn parties(&mut self, sheet: &Sheet) {
        let columns = [(MARGIN, MIDDLE - MARGIN - 16.0), (MIDDLE, RIGHT - MIDDLE)];
        let numbers = [self.paragraph + 1, self.paragraph + 2];
        self.paragraph += 2;
        self.make_room(SOFT);
        for (((x, _), (heading, _)), number) in columns.iter().zip(&sheet.parties).zip(numbers) {
            self.put(*x, SOFT, Part::Heading(number), heading);
        }
        self.advance(SOFT);
        let blocks: Vec<Vec<(Look, String)>> = columns
            .iter()
            .zip(&sheet.parties)
            .map(|((_, width), (_, lines))| self.party(lines, *width))
            .collect();
        let parts = numbers.map(Part::Paragraph);
        let height = blocks.iter().map(Vec::len).max().unwrap_or_default();
        for row in 0..height {
            self.make_room(PLAIN);
            for (((x, _), block), part) in columns.iter().zip(&blocks).zip(parts) {
                if let Some((look, line)) = block.get(row) {
                    self.put(*x, *look, part, line);
                }
            }
            self.advance(PLAIN);
        }
        self.skip(24.0);
    }

    /// The name stands out; the rest is plain.
    fn party(&self, lines: &[String], width: f32) -> Vec<(Look, String)> {
        let looks = std::iter::once(STRONG).chain(std::iter::repeat(PLAIN));
        lines
            .iter()
            .zip(looks)
            .flat_map(|(line, look)| {
                let lines = self.wrapped(line, width, look);
                lines.into_iter().map(move |line| (look, line))
            })
            .collect()
    }

    fn goods(&mut self, sheet: &Sheet) {
        self.make_room(SOFT);
        self.put(MARGIN, SOFT, Part::Head(0), COLUMNS[0]);
        self.put_right(CREDITS, SOFT, Part::Head(1), COLUMNS[1]);
        self.put_right(RIGHT, SOFT, Part::Head(2), COLUMNS[2]);
        self.advance(SOFT);
        self.rule();
        let line = &sheet.line;
        let mut first = true;
        for text in self.wrapped(&line.description, DESCRIPTION, STRONG) {
            self.make_room(STRONG);
            self.put(MARGIN, STRONG, Part::Cell(0, 0), &text);
            if std::mem::take(&mut first) {
                self.put_right(CREDITS, PLAIN, Part::Cell(0, 1), &line.credits);
                self.put_right(RIGHT, PLAIN, Part::Cell(0, 2), &line.amount);
            }
            self.advance(STRONG);
        }
        for text in self.wrapped(&line.detail, DESCRIPTION, SOFT) {
            self.make_room(SOFT);
            self.put(MARGIN, SOFT, Part::Cell(0, 0), &text);
            self.advance(SOFT);
        }
        self.rule();
    }

    fn sums(&mut self, sheet: &Sheet) {
        let last = sheet.sums.len().saturating_sub(1);
        for (place, (label, amount)) in sheet.sums.iter().enumerate() {
            let look = if place == last { SUM } else { PLAIN };
            let paragraph = self.next_paragraph();
            let room = RIGHT - SUMS - self.typeface.width(amount, look.weight, look.size) - 12.0;
            let mut first = true;
            for line in self.wrapped(label, room, look) {
                self.make_room(look);
                self.put(SUMS, look, paragraph, &line);
                if std::mem::take(&mut first) {
                    self.put_right(RIGHT, look, paragraph, amount);
                }
                self.advance(look);
            }
        }
        self.skip(24.0);
    }

    fn notes(&mut self, sheet: &Sheet) {
        for note in &sheet.notes {
            self.block(MARGIN, WIDTH, PLAIN, note);
            self.skip(6.0);
        }
        self.say_what_lacks();
    }

    /// What stands for letters that the typeface does not have, where there are any.
    pub(super) fn say_what_lacks(&mut self) {
        let lacking = |text: &Text| self.typeface.covered(&text.text).contains('□');
        if self.pages.iter().flat_map(|page| &page.texts).any(lacking) {
            self.block(MARGIN, WIDTH, SOFT, LACKING);
        }
    }

    /// A paragraph of its own.
    pub(super) fn block(&mut self, x: f32, width: f32, look: Look, text: &str) {
        let paragraph = self.next_paragraph();
        for line in self.wrapped(text, width, look) {
            self.line(x, look, paragraph, &line);
        }
    }

    pub(super) fn line(&mut self, x: f32, look: Look, part: Part, text: &str) {
        self.make_room(look);
        self.put(x, look, part, text);
        self.advance(look);
    }

    pub(super) fn next_paragraph(&mut self) -> Part {
        self.paragraph += 1;
        Part::Paragraph(self.paragraph)
    }

    /// Begins a page where the line no longer fits on this one.
    pub(super) fn make_room(&mut self, look: Look) {
        if self.y + look.size * LEADING > BOTTOM {
            self.pages.push(Page::default());
            self.y = MARGIN;
        }
    }

    pub(super) fn put(&mut self, x: f32, look: Look, part: Part, text: &str) {
        self.put_beside(look, x, look, part, text);
    }

    /// On the line of a text that looks like `line`.
    fn put_beside(&mut self, line: Look, x: f32, look: Look, part: Part, text: &str) {
        let text = text_at(x, self.y + line.size, look, part, text.to_owned());
        if let Some(page) = self.pages.last_mut() {
            page.texts.push(text);
        }
    }

    pub(super) fn put_right(&mut self, edge: f32, look: Look, part: Part, text: &str) {
        let x = edge - self.typeface.width(text, look.weight, look.size);
        self.put(x, look, part, text);
    }

    pub(super) fn advance(&mut self, look: Look) {
        self.y += look.size * LEADING;
    }

    pub(super) fn skip(&mut self, height: f32) {
        self.y += height;
    }

    pub(super) fn rule(&mut self) {
        self.skip(5.0);
        if let Some(page) = self.pages.last_mut() {
            page.rules.push(self.y);
        }
        self.skip(8.0);
    }

    /// The text in lines that fit; a word that is wider than a line is cut.
    pub(super) fn wrapped(&self, text: &str, width: f32, look: Look) -> Vec<String> {
        let fits = |line: &str| self.typeface.width(line, look.weight, look.size) <= width;
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if !fits(&line) && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        lines.push(line);
        lines
    }
}
