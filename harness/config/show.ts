import { Command, Option } from 'commander';
import type { ResolvedSetting, Setting, SettingProblem } from '../model/setting.ts';
import { SETTINGS } from './settings.ts';
import { variableOf } from './sources.ts';

const MASK = '<secret>';

/** What `sevlane config` prints: every setting, its value and where it came from; secrets masked. */
export function configTable(resolved: readonly ResolvedSetting[], rows: readonly Setting[]): string {
  const cells = resolved.map((one) => [one.key, shownText(one, rows) || '-', one.place]);
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map(
      ([key = '', text = '', place = '']) =>
        `${key.padEnd(widths[0] ?? 0)}  ${text.padEnd(widths[1] ?? 0)}  ${place}\n`,
    )
    .join('');
}

/** The same for programs. */
export function configJson(resolved: readonly ResolvedSetting[], rows: readonly Setting[]): string {
  const settings = resolved.map((one) => ({
    key: one.key,
    value: one.origin === 'unset' ? null : shownText(one, rows),
    origin: one.origin,
    place: one.place,
  }));
  return `${JSON.stringify({ settings }, undefined, 2)}\n`;
}

/** The settings in force as text by key, for the report; secrets masked, unset ones left out. */
export function shownSettings(
  resolved: readonly ResolvedSetting[],
  rows: readonly Setting[],
): Readonly<Record<string, string>> {
  const told = resolved.filter(({ origin }) => origin !== 'unset');
  return Object.fromEntries(told.map((one) => [one.key, shownText(one, rows)]));
}

/** All mistakes, each with its place, what is wrong and what to do. */
export function problemsText(problems: readonly SettingProblem[]): string {
  return problems
    .map(({ place, problem, fix }) => `  ${place}: ${problem.replaceAll('\n', '\n      ')}\n      ${fix}\n`)
    .join('');
}

/** The help of a command: its rows under their headings, as commander lays help out. */
export function helpText(
  command: { readonly name: string; readonly summary: string; readonly usage?: string },
  rows: readonly Setting[],
): string {
  const help = new Command(`sevlane ${command.name}`)
    .description(command.summary)
    .usage(command.usage ?? '[settings]')
    .helpOption(false);
  for (const row of rows) {
    const flag = row.valueName === undefined ? `--${row.key}` : `--${row.key} <${row.valueName}>`;
    help.addOption(new Option(flag, describe(row)).helpGroup(`${row.group}:`));
  }
  help.addHelpText(
    'after',
    '\nA flag beats the environment (SEVLANE_ and the name in capitals, e.g. SEVLANE_SSH_KEY), that beats sevlane.yaml\n' +
      'found upward from the working folder (keys as the flags), that beats the default.\n',
  );
  return helpWith(help);
}

/** What `sevlane --help` prints. */
export function overviewText(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const help = new Command('sevlane')
    .description('proves SEV, SEV-ES and SEV-SNP guests of KubeVirt on a real AMD node, or on a simulated one')
    .usage('<command> [settings]')
    .helpOption(false)
    .helpCommand(false)
    .addOption(new Option('--version', 'prints the version'));
  for (const { name, summary } of commands) help.command(name).description(summary).helpOption(false).usage(' ');
  help.addHelpText('after', '\nSettings of a command: sevlane <command> --help\n');
  return helpWith(help);
}

/** The settings table of the README, between the markers `<!-- settings -->`. */
export function readmeTable(providers: readonly { readonly settings: readonly Setting[] }[] = []): string {
  const rows = [...SETTINGS, ...providers.flatMap((provider) => provider.settings)];
  const lines = [...new Map(rows.map((row) => [row.key, row])).values()].map((row) => {
    const flag = row.valueName === undefined ? `--${row.key}` : `--${row.key} ${row.valueName}`;
    const names = [variableOf(row.key), ...(row.env ?? [])].map((name) => `\`${name}\``).join(' ');
    return `| \`${flag.replaceAll('|', '\\|')}\` | ${names} | ${row.default === undefined ? '' : `\`${defaultText(row).replaceAll('|', '\\|')}\``} | ${cell(row.help)} |`;
  });
  return ['| Flag | Environment | Default | What it is |', '|---|---|---|---|', ...lines, ''].join('\n');
}

function shownText({ key, text }: ResolvedSetting, rows: readonly Setting[]): string {
  const isSecret = rows.find((row) => row.key === key)?.secret === true;
  return isSecret && text !== '' ? MASK : text;
}

function describe(row: Setting): string {
  const names = row.env === undefined ? '' : `, also ${row.env.join(', ')}`;
  const preset = row.default === undefined || row.valueName === undefined ? '' : `, default ${defaultText(row)}`;
  const aside = `${names}${preset}`.replace(/^, /, '');
  return aside === '' ? row.help : `${row.help} (${aside})`;
}

function defaultText(row: Setting): string {
  if (row.default === undefined) return '';
  return row.secret === true ? MASK : row.default;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function helpWith(help: Command): string {
  const parts: string[] = [];
  help.configureOutput({ writeOut: (part) => void parts.push(part), getOutHelpWidth: () => 110 });
  help.outputHelp();
  return parts.join('');
}
