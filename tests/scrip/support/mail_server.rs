//! A mail server over real SMTP, on a port of its own: it takes letters and keeps them, or says *no* as it
//! is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use scrip::backend::mail::MailSettings;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server behaves to a letter, one after the other; without any it takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Answers to the recipient's address with this line.
    Refuses(&'static str),
    /// Takes the letter and hangs up before it says so.
    TakesAndHangsUp,
}

/// A letter that the server took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub to: String,
    /// All of it, as it came over the wire.
    pub raw: String,
}

impl Taken {
    /// A header's value, its folded lines put together.
    pub fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let found = head.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
    }

    /// What it says, with the encoding of long lines undone.
    pub fn says(&self) -> String {
        self.raw.replace("=\r\n", "").replace("=3D", "=")
    }

    /// The address of its first link.
    pub fn link(&self) -> String {
        let said = self.says();
        let from = said.find("http").unwrap_or_else(|| panic!("no link in {said}"));
        said[from..].split_whitespace().next().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Post {
    taken: Vec<Taken>,
    moods: VecDeque<Mood>,
}

/// The server. It ends with the test's runtime.
pub struct MailServer {
    address: String,
    post: Arc<Mutex<Post>>,
}

impl MailServer {
    pub async fn open() -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().unwrap().to_string();
        let post = Arc::new(Mutex::new(Post::default()));
        let kept = post.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, kept.clone()));
            }
        });
        MailServer { address, post }
    }

    /// Settings that lead here.
    pub fn settings(&self) -> MailSettings {
        let url = format!("smtp://{}", self.address);
        MailSettings::of(Some(&url), Some("Scrip <credits@scrip.test>")).unwrap().unwrap()
    }

    /// The next letters find it like this.
    pub fn will(&self, moods: impl IntoIterator<Item = Mood>) {
        self.post.lock().unwrap().moods.extend(moods);
    }

    /// All that it has taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.post.lock().unwrap().taken.clone()
    }

    /// The subjects of what it took for an address.
    pub fn subjects_to(&self, to: &str) -> Vec<String> {
        self.taken().iter().filter(|one| one.to == to).map(|one| one.header("Subject")).collect()
    }
}

async fn talk(stream: TcpStream, post: Arc<Mutex<Post>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let mut to = String::new();
    let mut mood = None;
    if write.write_all(b"220 post.test ready\r\n").await.is_err() {
        return;
    }
    let mut line = String::new();
    while lines.read_line(&mut line).await.is_ok_and(|length| length > 0) {
        let said = line.trim_end().to_owned();
        line.clear();
        let answer = match said.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str()
        {
            "EHLO" => "250-post.test\r\n250 8BITMIME\r\n".to_owned(),
            "RCPT" => {
                to = said.trim_start_matches("RCPT TO:<").split('>').next().unwrap().to_owned();
                mood = post.lock().unwrap().moods.pop_front();
                match &mood {
                    Some(Mood::Refuses(answer)) => format!("{answer}\r\n"),
                    _ => "250 ok\r\n".to_owned(),
                }
            }
            "DATA" => {
                let _ = write.write_all(b"354 go on\r\n").await;
                let mut raw = String::new();
                while lines.read_line(&mut line).await.is_ok_and(|length| length > 0)
                    && line != ".\r\n"
                {
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    line.clear();
                }
                line.clear();
                post.lock().unwrap().taken.push(Taken { to: to.clone(), raw });
                if mood == Some(Mood::TakesAndHangsUp) {
                    return;
                }
                "250 2.0.0 queued\r\n".to_owned()
            }
            "QUIT" => {
                let _ = write.write_all(b"221 bye\r\n").await;
                return;
            }
            _ => "250 ok\r\n".to_owned(),
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
