/** What Kubernetes says of text that is no quantity. */
export const NOT_A_QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** A parsed quantity: exact to a billionth, as in Kubernetes. */
export interface ParsedQuantity {
  /** In billionths. */
  readonly nano: bigint;
  readonly format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

/** Reads a Kubernetes quantity. Finer than a billionth is rounded up. @throws QuantityError if it is none. */
export function parseQuantity(quantity: string | number): ParsedQuantity {
  const text = String(quantity).trim();
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/.exec(text);
  if (match === null) throw new QuantityError(NOT_A_QUANTITY);
  const [, sign = '', whole = '', fraction = '', letters = '', digits = ''] = match;
  if (whole === '' && fraction === '') throw new QuantityError(NOT_A_QUANTITY);
  const { base, exponent, format } = scaleOf(letters, digits);
  const mantissa = BigInt(`${whole}${fraction}` || '0');
  const nano = scaled(mantissa * NANO, base, exponent, fraction.length);
  return { nano: sign === '-' ? -nano : nano, format };
}

/** The quantity that a text is; undefined if it is none. */
export function findQuantity(text: string): ParsedQuantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** The way Kubernetes writes it: `1024Mi` is `1Gi`, `0.5` is `500m`, `1.5Gi` is `1536Mi`. @throws QuantityError */
export function canonicalQuantity(quantity: string | number): string {
  return quantityText(parseQuantity(quantity));
}

/** The canonical text: no fraction, the largest suffix that divides evenly. */
export function quantityText({ nano, format }: ParsedQuantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (format === 'BinarySI' && size >= 1024n * NANO && size % NANO === 0n) {
    return sign + shortened(size / NANO, 1024n, BINARY_SUFFIXES);
  }
  if (format === 'DecimalExponent') return sign + withExponent(size);
  return sign + shortened(size, 1000n, DECIMAL_SUFFIXES);
}

/** A whole number of bytes or units. */
export function quantityOf(value: bigint | number, format: ParsedQuantity['format']): ParsedQuantity {
  return { nano: BigInt(value) * NANO, format };
}

/** The sum in the notation of the first summand that is not zero, as apimachinery adds. */
export function sum(...summands: readonly ParsedQuantity[]): ParsedQuantity {
  let total: ParsedQuantity = { nano: 0n, format: summands[0]?.format ?? 'DecimalSI' };
  for (const { nano, format } of summands) {
    total = { nano: total.nano + nano, format: total.nano === 0n ? format : total.format };
  }
  return total;
}

/** First less second, in the first one's notation. */
export function difference(from: ParsedQuantity, less: ParsedQuantity): ParsedQuantity {
  return { nano: from.nano - less.nano, format: from.format };
}

/** Whole units, rounded up. */
export function wholeUnits({ nano }: ParsedQuantity): bigint {
  return dividedUp(nano, NANO);
}

/** Whole thousands, rounded up. */
export function thousandsOf({ nano }: ParsedQuantity): bigint {
  return dividedUp(nano, NANO * 1000n);
}

/** Its value rounded up to a whole number, as KubeVirt compares sizes. @throws QuantityError */
export function wholeValue(quantity: string | number): bigint {
  return wholeUnits(parseQuantity(quantity));
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `bytes` as a quantity in powers of 1024. */
export function binaryQuantity(bytes: bigint): string {
  return canonicalQuantity(bytes >= 1024n && bytes % 1024n === 0n ? `${bytes / 1024n}Ki` : `${bytes}`);
}

/** Text where a quantity was wanted. Its message is Kubernetes' own. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const NANO = 1_000_000_000n;
/** Nothing that can be counted needs more, and larger powers would take for ever. */
const LARGEST_EXPONENT = 18;
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];

function scaleOf(
  letters: string,
  digits: string,
): { base: bigint; exponent: number; format: ParsedQuantity['format'] } {
  const binary = BINARY_SUFFIXES.indexOf(letters);
  if (digits === '' && binary > 0) return { base: 1024n, exponent: binary, format: 'BinarySI' };
  const decimal = DECIMAL_SUFFIXES.indexOf(letters);
  if (digits === '' && decimal >= 0) return { base: 1000n, exponent: decimal - 3, format: 'DecimalSI' };
  if (/^[eE]$/.test(letters) && /\d/.test(digits) && Math.abs(Number(digits)) <= LARGEST_EXPONENT)
    return { base: 10n, exponent: Number(digits), format: 'DecimalExponent' };
  throw new QuantityError(/^[einumkKMGTPE]*$/.test(letters) ? "unable to parse quantity's suffix" : NOT_A_QUANTITY);
}

/** `value × base^exponent ÷ 10^places`, rounded up. */
function scaled(value: bigint, base: bigint, exponent: number, places: number): bigint {
  const above = exponent > 0 ? value * base ** BigInt(exponent) : value;
  const below = 10n ** BigInt(places) * (exponent < 0 ? base ** BigInt(-exponent) : 1n);
  return dividedUp(above, below);
}

function dividedUp(value: bigint, by: bigint): bigint {
  return value / by + (value % by > 0n ? 1n : 0n);
}

function shortened(value: bigint, base: bigint, suffixes: readonly string[]): string {
  let rest = value;
  let step = 0;
  while (step < suffixes.length - 1 && rest % base === 0n) {
    rest /= base;
    step += 1;
  }
  return `${rest}${suffixes[step]}`;
}

function withExponent(nano: bigint): string {
  let rest = nano;
  let exponent = -9;
  while (rest % 1000n === 0n) {
    rest /= 1000n;
    exponent += 3;
  }
  return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
}
