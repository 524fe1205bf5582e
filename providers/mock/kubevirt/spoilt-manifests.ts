import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Standing } from '../scenario/director.ts';

type Spoilt = Standing['manifests'];

/** What a proxy answers that knows its users by a form. */
const ERROR_PAGE = `<!DOCTYPE html>
<html><head><title>407 Proxy Authentication Required</title></head>
<body><h1>Proxy Authentication Required</h1><p>Sign in to reach this address.</p></body></html>
`;

/** Makes the operator manifests of these versions in the mirror what the scenario wants them to be. */
export async function spoilManifests(mirror: string, manifests: Spoilt): Promise<void> {
  for (const [version, kind] of Object.entries(manifests)) {
    const file = join(mirror, version, 'kubevirt-operator.yaml');
    if (kind === 'missing') await rm(file);
    else await writeFile(file, spoilt(await readFile(file, 'utf8'), kind));
  }
}

function spoilt(text: string, kind: Exclude<Spoilt[string], 'missing'>): string {
  switch (kind) {
    case 'an error page':
      return ERROR_PAGE;
    case 'truncated':
      // In the middle of a line, as a connection that breaks leaves it.
      return text.slice(0, Math.floor(text.length / 2));
    case 'another version':
      return text.replaceAll(/(virt-[a-z]+):v\d+\.\d+\.\d+/g, '$1:v1.2.0');
  }
}
