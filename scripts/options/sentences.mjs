// Sentences about settings, as comments have them.

/** The sentences as lines of at most `width` characters. */
export function paragraph(sentences, width) {
  const lines = [''];
  for (const word of sentences.filter(Boolean).join(' ').split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length <= width || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The sentence about the unit of a value, if it has one. */
export const unitOf = ({ unit }) => (unit ? `In ${unit}.` : '');
