import { z } from 'zod';
import { ScenarioFile } from './grammar.ts';

/** The grammar as a JSON Schema, for editors; scenario.schema.json holds this text. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(ScenarioFile, { target: 'draft-2020-12', io: 'input', reused: 'ref' });
  return `${JSON.stringify({ ...schema, title: 'sevlane scenario' }, undefined, 2)}\n`;
}
