//! The two compressors with their reusable memory.

use lz4_flex::block;
use zstd::bulk;
use zstd::zstd_safe;

use super::Corrupt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Lz4,
    Zstd,
}

/// Chosen by the measurement in `docs/decisions/0001-compression.md`.
const ZSTD_LEVEL: i32 = 1;

/// From this size lz4 needs another kind of table, whose cost is then small beside the work.
const LZ4_TABLE_BELOW_BYTES: usize = u16::MAX as usize;

/// One LZ4 byte expands to at most 255 bytes.
const LZ4_LARGEST_RATIO: usize = 255;

/// Each compressor is made on first use.
#[derive(Default)]
pub(super) struct Workspace {
    lz4_table: Option<block::CompressTable>,
    zstd_compressor: Option<bulk::Compressor<'static>>,
    zstd_decompressor: Option<bulk::Decompressor<'static>>,
}

impl Workspace {
    /// Appends the compressed bytes to `out`. False when the compressor failed; `out` then has any length.
    pub(super) fn compress(&mut self, algorithm: Algorithm, raw: &[u8], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let bound = match algorithm {
            Algorithm::Lz4 => block::get_maximum_output_size(raw.len()),
            Algorithm::Zstd => zstd_safe::compress_bound(raw.len()),
        };
        out.resize(start + bound, 0);
        let written = match algorithm {
            Algorithm::Lz4 => self.compress_lz4(raw, &mut out[start..]),
            Algorithm::Zstd => self.compress_zstd(raw, &mut out[start..]),
        };
        out.truncate(start + written.unwrap_or(0));
        written.is_some()
    }

    /// Returns exactly `length` bytes, or why not. The caller has capped `length`.
    pub(super) fn decompress(
        &mut self,
        algorithm: Algorithm,
        payload: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, Corrupt> {
        match algorithm {
            Algorithm::Lz4 => decompress_lz4(payload, length),
            Algorithm::Zstd => self.decompress_zstd(payload, length),
        }
    }

    fn compress_lz4(&mut self, raw: &[u8], out: &mut [u8]) -> Option<usize> {
        if raw.len() >= LZ4_TABLE_BELOW_BYTES {
            return block::compress_into(raw, out).ok();
        }
        let table = self.lz4_table.get_or_insert_with(block::CompressTable::small);
        block::compress_into_with_table(raw, out, table).ok()
    }

    fn compress_zstd(&mut self, raw: &[u8], out: &mut [u8]) -> Option<usize> {
        let compressor = match &mut self.zstd_compressor {
            Some(compressor) => compressor,
            empty => empty.insert(bulk::Compressor::new(ZSTD_LEVEL).ok()?),
        };
        compressor.compress_to_buffer(raw, out).ok()
    }

    fn decompress_zstd(&mut self, payload: &[u8], length: usize) -> Result<Vec<u8>, Corrupt> {
        // Our frames state their content's size. A frame that states another one is refused unread.
        match zstd_safe::get_frame_content_size(payload) {
            Ok(Some(claimed)) if claimed == length as u64 => {}
            Ok(_) => return Err(Corrupt::WrongLength),
            Err(_) => return Err(Corrupt::Damaged),
        }
        let decompressor = match &mut self.zstd_decompressor {
            Some(decompressor) => decompressor,
            empty => empty.insert(bulk::Decompressor::new().map_err(|_| Corrupt::Damaged)?),
        };
        // zstd writes only within the capacity, so nothing has to be zeroed first.
        let mut raw = Vec::with_capacity(length);
        decompressor.decompress_to_buffer(payload, &mut raw).map_err(|_| Corrupt::Damaged)?;
        if raw.len() == length { Ok(raw) } else { Err(Corrupt::WrongLength) }
    }
}

fn decompress_lz4(payload: &[u8], length: usize) -> Result<Vec<u8>, Corrupt> {
    if length > payload.len().saturating_mul(LZ4_LARGEST_RATIO) {
        return Err(Corrupt::WrongLength);
    }
    let mut raw = vec![0; length];
    match block::decompress_into(payload, &mut raw) {
        Ok(written) if written == length => Ok(raw),
        Ok(_) | Err(block::DecompressError::OutputTooSmall { .. }) => Err(Corrupt::WrongLength),
        Err(_) => Err(Corrupt::Damaged),
    }
}
