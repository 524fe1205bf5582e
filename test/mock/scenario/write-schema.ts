import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../../../providers/mock/scenario/json-schema.ts';

// Run after a change of the grammar: node dist/test/mock/scenario/write-schema.js
writeFileSync(
  new URL('../../../../providers/mock/scenario/scenario.schema.json', import.meta.url),
  scenarioJsonSchema(),
);
