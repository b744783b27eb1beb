//! What compression saves and what it costs, on conversations as servers cache them.
//!
//! `cargo run --release --no-default-features --example compression`
//!
//! The last three columns weigh bytes against time for nine reads and one write: what the codec
//! takes for each byte it saves, and what a call gains (or, negative, loses) when its bytes travel
//! at 1 Gbit/s, and on this machine's loopback. Memory saved in Redis comes on top of that.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use orgcache::codec::{Codec, Mode};

type Failure = Box<dyn std::error::Error>;

const SIZES: [usize; 6] = [512, 1024, 2048, 4608, 16 * 1024, 64 * 1024];
const SAMPLES: usize = 64;
const GIGABIT_NS_A_BYTE: f64 = 8.0;

const VOCABULARIES: [&str; 5] = [
    "the a to and of in is it you that for on with we have this be are can your at order account \
     please thanks tomorrow morning delivery appointment price available schedule payment confirm \
     received address question help team quickly problem invoice discount property visit apartment \
     bedroom viewing mortgage offer contract signed weekend still interested looking budget between \
     neighbourhood parking garage because would could should about before after something anything",
    "o a de que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das \
     tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era \
     depois sem mesmo aos ter seus quem nas me esse eles você amanhã pedido entrega endereço \
     pagamento obrigado imóvel visita apartamento financiamento proposta contrato confirmação horário",
    "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o \
     este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos \
     durante todos uno les ni contra otros ese eso ante ellos e esto mí antes algunos qué unos mañana \
     pedido entrega dirección pago gracias vivienda visita piso hipoteca oferta contrato cita horario",
    "и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой её от так \
     для ты же все тот мочь вы человек такой его сказать только или ещё бы себя один как уже до время \
     если сам когда другой вот говорить наш мой знать стать при чтобы дело жизнь кто первый очень два \
     день новый заказ доставка адрес оплата спасибо завтра утром квартира договор показ цена скидка",
    "में है के की और का से को यह हो पर ने कि एक नहीं भी लिए कर वह रहा था तो ही या हैं जो साथ अपने बाद तक कुछ \
     आप हम मैं धन्यवाद कल सुबह पता भुगतान घर कीमत समय मिलना कृपया बताइए ठीक नमस्ते जानकारी",
];

/// `SplitMix64`: the same conversations on every run and machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Small numbers more often than large ones, as words are used.
    fn skewed_below(&mut self, bound: usize) -> usize {
        let bound = 1 + self.below(bound);
        self.below(bound)
    }
}

fn sentence(random: &mut Random, words: &[&str], out: &mut String) {
    for position in 0..4 + random.below(16) {
        if position > 0 {
            out.push_str(if random.below(9) == 0 { ", " } else { " " });
        }
        match random.below(14) {
            0 => drop(write!(out, "{}", random.below(100_000))),
            // Names, street names, typing errors: what no vocabulary holds.
            1 => (0..3 + random.below(7)).for_each(|_| out.push((b'a' + random.below(26) as u8) as char)),
            _ => out.push_str(words[random.skewed_below(words.len())]),
        }
    }
    out.push_str([".", "?", "!", "..."][random.below(4)]);
}

fn message(random: &mut Random, words: &[&str], turn: usize, clock_ms: &mut u64) -> String {
    *clock_ms += 1000 + random.next() % 400_000;
    let role = if turn.is_multiple_of(2) { "user" } else { "assistant" };
    let mut content = String::new();
    for number in 0..=random.below(if role == "user" { 2 } else { 4 }) {
        if number > 0 {
            content.push(' ');
        }
        sentence(random, words, &mut content);
    }
    let (minute, second, milli) = (*clock_ms / 60_000 % 60, *clock_ms / 1000 % 60, *clock_ms % 1000);
    let hour = *clock_ms / 3_600_000 % 24;
    format!(
        "{{\"role\":\"{role}\",\"content\":\"{content}\",\"timestamp\":\"2025-06-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z\",\
         \"messageId\":\"wamid.{:016X}{:08X}\"}}",
        1 + *clock_ms / 86_400_000 % 28,
        random.next(),
        random.next() as u32
    )
}

fn conversation(seed: usize, size: usize) -> Vec<u8> {
    let mut random = Random(seed as u64 * 7919 + size as u64);
    let words: Vec<&str> = VOCABULARIES[seed % VOCABULARIES.len()].split_whitespace().collect();
    let mut clock_ms = random.next() % 2_000_000_000;
    let mut json = String::from("[");
    for turn in 0.. {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&message(&mut random, &words, turn, &mut clock_ms));
        if json.len() >= size {
            break;
        }
    }
    json.push(']');
    json.into_bytes()
}

struct Figures {
    ratio: f64,
    compress_ns: f64,
    decompress_ns: f64,
    saved_bytes: f64,
}

impl Figures {
    /// Time of the codec a call, at nine reads and one write.
    fn cost_ns(&self) -> f64 {
        0.1 * self.compress_ns + 0.9 * self.decompress_ns
    }

    fn gain_ns(&self, ns_a_byte: f64) -> f64 {
        self.saved_bytes * ns_a_byte - self.cost_ns()
    }

    fn ns_a_saved_byte(&self) -> f64 {
        self.cost_ns() / self.saved_bytes
    }

    /// What each byte costs that this saves and the other does not.
    fn ns_a_further_byte_than(&self, other: &Figures) -> f64 {
        (self.cost_ns() - other.cost_ns()) / (self.saved_bytes - other.saved_bytes)
    }
}

/// The fastest of several rounds, each over all samples: what disturbs a round only adds to it.
fn nanoseconds_each(mut run: impl FnMut(usize) -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut fastest = f64::INFINITY;
    let until = Instant::now() + Duration::from_millis(150);
    while Instant::now() < until {
        let start = Instant::now();
        for sample in 0..SAMPLES {
            run(sample)?;
        }
        fastest = fastest.min(start.elapsed().as_nanos() as f64 / SAMPLES as f64);
    }
    Ok(fastest)
}

fn figures(
    samples: &[Vec<u8>],
    mut compress: impl FnMut(&[u8], &mut Vec<u8>) -> Result<(), Failure>,
    mut decompress: impl FnMut(&[u8], usize) -> Result<usize, Failure>,
) -> Result<Figures, Failure> {
    let mut stored = vec![Vec::new(); samples.len()];
    for (sample, stored) in samples.iter().zip(&mut stored) {
        compress(sample, stored)?;
    }
    let raw: usize = samples.iter().map(Vec::len).sum();
    let packed: usize = stored.iter().map(Vec::len).sum();
    let mut out = Vec::with_capacity(128 * 1024);
    let compress_ns = nanoseconds_each(|n| {
        out.clear();
        compress(black_box(&samples[n]), &mut out)
    })?;
    let decompress_ns = nanoseconds_each(|n| {
        black_box(decompress(black_box(&stored[n]), samples[n].len())?);
        Ok(())
    })?;
    Ok(Figures {
        ratio: raw as f64 / packed as f64,
        compress_ns,
        decompress_ns,
        saved_bytes: (raw as f64 - packed as f64) / samples.len() as f64,
    })
}

fn codec_figures(samples: &[Vec<u8>], mode: Mode) -> Result<Figures, Failure> {
    let codec = Codec::new(mode, 0);
    figures(samples, |raw, out| Ok(codec.encode(raw, out)?), |stored, _| Ok(codec.decode(stored)?.len()))
}

fn zstd_figures(samples: &[Vec<u8>], level: i32) -> Result<Figures, Failure> {
    let mut compressor = zstd::bulk::Compressor::new(level)?;
    let mut decompressor = zstd::bulk::Decompressor::new()?;
    figures(
        samples,
        |raw, out| {
            out.reserve(zstd::zstd_safe::compress_bound(raw.len()));
            compressor.compress_to_buffer(raw, out)?;
            Ok(())
        },
        |stored, length| Ok(decompressor.decompress(stored, length)?.len()),
    )
}

/// What a byte costs from one socket to another on this machine, in writes of a few kilobytes.
fn loopback_ns_a_byte() -> Result<f64, Failure> {
    const TOTAL: usize = 64 * 1024 * 1024;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        let mut socket = TcpStream::connect(address)?;
        let chunk = [b'x'; 4096];
        for _ in 0..TOTAL / chunk.len() {
            socket.write_all(&chunk)?;
        }
        Ok(())
    });
    let (mut socket, _) = listener.accept()?;
    let start = Instant::now();
    let mut buffer = [0; 16 * 1024];
    while socket.read(&mut buffer)? > 0 {}
    let elapsed = start.elapsed().as_nanos() as f64;
    writer.join().map_err(|_| "the writing thread panicked")??;
    Ok(elapsed / TOTAL as f64)
}

fn print_row(size: usize, name: &str, row: &Figures, loopback: f64) {
    println!(
        "| {size} | {name} | {:.2} | {:.0} | {:.0} | {:.2} | {:+.0} | {:+.0} |",
        row.ratio,
        row.compress_ns,
        row.decompress_ns,
        row.ns_a_saved_byte(),
        row.gain_ns(GIGABIT_NS_A_BYTE),
        row.gain_ns(loopback),
    );
}

fn main() -> Result<(), Failure> {
    let loopback = loopback_ns_a_byte()?;
    println!("loopback: {loopback:.2} ns a byte; 1 Gbit/s: {GIGABIT_NS_A_BYTE:.2} ns a byte");
    println!();
    println!(
        "| bytes | how | ratio | compress ns | decompress ns | ns a saved byte | gain at 1 Gbit/s ns \
         | gain on loopback ns |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut further = Vec::new();
    for size in SIZES {
        let samples: Vec<Vec<u8>> = (0..SAMPLES).map(|seed| conversation(seed, size)).collect();
        let none = codec_figures(&samples, Mode::None)?;
        println!("| {size} | none | 1.00 | {:.0} | {:.0} | | 0 | 0 |", none.compress_ns, none.decompress_ns);
        let lz4 = codec_figures(&samples, Mode::Lz4)?;
        print_row(size, "lz4", &lz4, loopback);
        for level in [-1, 1, 2, 3] {
            let zstd = zstd_figures(&samples, level)?;
            print_row(size, &format!("zstd {level}"), &zstd, loopback);
            if level == 1 {
                further.push(format!("| {size} | {:.2} |", zstd.ns_a_further_byte_than(&lz4)));
            }
        }
        print_row(size, "auto", &codec_figures(&samples, Mode::Auto)?, loopback);
    }
    println!();
    println!("| bytes | zstd 1 instead of lz4: ns a further byte saved |");
    println!("|---|---|");
    further.iter().for_each(|row| println!("{row}"));
    Ok(())
}
