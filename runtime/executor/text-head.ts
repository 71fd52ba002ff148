/** The first bytes of a text, whole characters; what is cut off is replaced by "…". */
export function headOf(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text;
  const mark = "…";
  const bytes = Buffer.from(text).subarray(0, bytesMax - Buffer.byteLength(mark));
  let end = bytes.length;
  // Drops a character that the cut left without its last bytes.
  const lead = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const first = bytes[lead] ?? 0;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  if (lead + width > end) end = lead;
  return bytes.subarray(0, end).toString("utf8") + mark;
}
