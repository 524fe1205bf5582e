const MAX_LINES = 5;
const MAX_CHARACTERS = 500;

/** The last words of a program's output, on one line and fit to stand in an error. */
export function tailOf(text: string): string {
  const lines = text
    .replace(ESCAPES, '')
    .split(/[\r\n]+/)
    .map((line) => line.replace(CONTROLS, '').trim())
    .filter((line) => line !== '');
  const words = lines.slice(-MAX_LINES).join('; ');
  return words.length > MAX_CHARACTERS ? `...${words.slice(-MAX_CHARACTERS)}` : words;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
const CONTROLS = /[\u0000-\u001f\u007f\ufffd]/g;
