import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { explain, type Told } from '../../explain/explain.ts';
import type { Place } from '../../explain/known-text.ts';
import type { KnownCause } from '../../model/known-cause.ts';
import type { Redactor } from '../redact.ts';
import type { BundleFile, NotRead } from './contents.ts';
import { type BundleLimits, bothEnds, RESERVED_BYTES } from './limits.ts';
import { scrubText } from './scrub-text.ts';

/** A text for a bundle; `from` names where it was read. */
export interface Item {
  readonly file: string;
  readonly what: string;
  readonly from: string;
  readonly text: string;
  /** What kind of text it is, for known causes to be looked for in it; absent: none are. */
  readonly place?: Place;
  /** Bytes that its reader has already left out. */
  readonly leftOutBytes?: number;
  readonly remark?: string;
}

/** What all bundles of a run share. */
export interface Storeroom {
  readonly artifacts: string;
  readonly redactor: Redactor;
  readonly limits: BundleLimits;
  /** Bytes written so far, all bundles together. */
  usedBytes: number;
}

/** Less than this of a file tells nothing. */
const LEAST_BYTES = 512;

/**
 * The folder of one bundle while it is filled. Nothing is written unmasked, nothing without bound, and what could not
 * be written is told instead of thrown.
 */
export class Shelf {
  readonly files: BundleFile[] = [];
  readonly notRead: NotRead[] = [];
  /** What is known of texts in what was kept, each once. */
  readonly knownCauses: KnownCause[] = [];
  readonly #store: Storeroom;
  readonly #folder: string;
  #leftBytes: number;
  #closed = false;

  /** `folder` is relative to the artifacts. */
  constructor(store: Storeroom, folder: string) {
    this.#store = store;
    this.#folder = folder;
    const { limits, usedBytes } = store;
    this.#leftBytes = Math.max(0, Math.min(limits.bundleBytes, limits.runBytes - usedBytes) - RESERVED_BYTES);
  }

  /** Keeps a text. After `close` nothing is kept: whoever comes late has been told as not read. */
  async put(item: Item): Promise<void> {
    if (this.#closed) return;
    const { file, what, from } = item;
    const room = Math.min(this.#store.limits.fileBytes, this.#leftBytes);
    const cut = this.#fit(item.text, room);
    if (room < LEAST_BYTES) return this.missed({ what, from, why: 'the bundle has reached its size limit' });
    this.#take(cut.text);
    const leftOutBytes = cut.leftOutBytes + (item.leftOutBytes ?? 0);
    await this.#write(file, cut.text);
    if (item.place !== undefined) this.#explain({ place: item.place, from: file, text: cut.text });
    this.files.push({
      ...{ file, what, from, sizeBytes: Buffer.byteLength(cut.text) },
      ...(leftOutBytes === 0 ? {} : { leftOutBytes }),
      ...(item.remark === undefined ? {} : { remark: this.#clean(item.remark) }),
    });
  }

  /** Tells what is not in the bundle, and why. */
  missed({ what, from, why }: NotRead): void {
    if (this.#closed) return;
    this.notRead.push({ what, from, why: this.#clean(why).replace(/\s*\n\s*/g, '; ') });
  }

  /** Nothing more is taken in; what is still under way is left behind. */
  close(): void {
    this.#closed = true;
  }

  /** One of the pages that are written last, for which there is always room. @throws when the disk refuses it. */
  async page(file: string, text: string): Promise<{ readonly sizeBytes: number }> {
    const { text: fitting } = this.#fit(text, RESERVED_BYTES / 2);
    const sizeBytes = Buffer.byteLength(fitting);
    this.#store.usedBytes += sizeBytes;
    await this.#write(file, fitting);
    return { sizeBytes };
  }

  #explain(told: Told): void {
    const news = explain([told]).filter(({ id }) => !this.knownCauses.some((known) => known.id === id));
    this.knownCauses.push(...news);
  }

  /** Masked before it is cut: half of a secret would not be known as one. */
  #fit(text: string, maxBytes: number) {
    const clean = this.#clean(text);
    return bothEnds(clean === '' || clean.endsWith('\n') ? clean : `${clean}\n`, maxBytes);
  }

  #take(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#leftBytes -= bytes;
    this.#store.usedBytes += bytes;
  }

  /** Logs and consoles speak in control characters, which no reader of a file wants to meet. */
  #clean(text: string): string {
    const plain = stripVTControlCharacters(text)
      .replace(/\r\n?/g, '\n')
      .replace(/(?![\n\t])\p{Cc}/gu, '');
    return this.#store.redactor.redact(scrubText(plain));
  }

  async #write(file: string, text: string): Promise<void> {
    const path = join(this.#store.artifacts, this.#folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
