import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import ts from 'typescript';
import { processorMetrics, readerMetrics } from '../../apps/processor/src/processor.metrics';
import { pullerMetrics } from '../../apps/puller/src/puller.metrics';

const root = resolve(__dirname, '../..');
export const text = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

/** The parts of a page in which names stand: what is between backticks, and the lines of its blocks. */
export interface Quoted {
  readonly inline: readonly string[];
  readonly blocks: readonly { readonly language: string; readonly lines: readonly string[] }[];
}

const fence = /^( *)```(\w*)\n([^]*?)^\1```$/gm;

export function quotedIn(page: string): Quoted {
  const blocks = [...page.matchAll(fence)].map(([, indent, language, body]) => ({
    language: language!,
    lines: body!.split('\n').map((line) => line.slice(indent!.length)),
  }));
  const prose = page.replace(fence, '');
  return { inline: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!), blocks };
}

/** Every metric of both programs, with the names of its labels. */
export async function allMetrics(): Promise<ReadonlyMap<string, readonly string[]>> {
  const registry = new Registry();
  const none = () => 0;
  pullerMetrics(registry, { spoolDepth: none, dropped: none, refused: none });
  processorMetrics(registry);
  readerMetrics(registry, new Map());
  const node = new Registry();
  collectDefaultMetrics({ register: node });
  const metrics = [...registry.getMetricsAsArray(), ...node.getMetricsAsArray()];
  await node.metrics();
  return new Map(
    metrics.map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]),
  );
}

function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  );
}

/** The sources of programs, without their specs. */
export function sources(...directories: string[]): string[] {
  const files = directories
    .flatMap(filesBelow)
    .filter((file) => /(?<!\.spec|\.contract|\.d)\.ts$/.test(file));
  return files.map((file) => text(file));
}

/** All texts in sources, with `…` for each value in them. */
export function textsOf(files: readonly string[]): string[] {
  const texts = new Set<string>();
  const visit = (node: ts.Node): void => {
    const told = toldBy(node);
    if (told !== any) texts.add(told);
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(ts.createSourceFile('.ts', file, ts.ScriptTarget.Latest));
  return [...texts].filter((each) => /\w\W* \w/.test(each));
}

const any = '…';

function toldBy(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(any);
  const isSum = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
  if (!isSum) return any;
  const told = toldBy(node.left) + toldBy(node.right);
  return told.includes(any + any) || told === '' ? any : told;
}

/**
 * Whether a sentence is what a program says, with `…` for anything: most of it stands in one of the texts, and the rest where that has a
 * value. Or it is so on both sides of a colon.
 */
export function isSaid(sentence: string, texts: readonly string[]): boolean {
  if (sentence.replaceAll(any, '').trim() === '' || shareKnown(sentence, texts) >= 0.5) return true;
  const colons = [...sentence.matchAll(/: /g)].map(({ index }) => index);
  return colons.some((at) =>
    [sentence.slice(0, at), sentence.slice(at + 2)].every((half) => isSaid(half, texts)),
  );
}

function shareKnown(sentence: string, texts: readonly string[]): number {
  const letters = sentence.replaceAll(any, '').length;
  const longest = longestPart(sentence);
  const alike = texts.filter((told) => told.includes(longest) || sentence.includes(longestPart(told)));
  return Math.max(0, ...alike.map((told) => agreeing(sentence, told) / letters));
}

function longestPart(sentence: string): string {
  return sentence
    .split(any)
    .reduce((longest, part) => (part.length > longest.length ? part : longest))
    .trim();
}

/** How many of its letters agree; negative where the sentence cannot be a part of what is told. */
function agreeing(sentence: string, told: string): number {
  let behind = new Float64Array(told.length + 1).fill(0);
  for (let i = sentence.length - 1; i >= 0; i--) {
    const row = new Float64Array(told.length + 1).fill(
      sentence[i] === any ? behind[told.length]! : -Infinity,
    );
    for (let j = told.length - 1; j >= 0; j--) {
      if (sentence[i] === any || told[j] === any) row[j] = Math.max(row[j + 1]!, behind[j]!);
      else if (sentence[i] === told[j]) row[j] = 1 + behind[j + 1]!;
    }
    behind = row;
  }
  return Math.max(...behind);
}

/** The names of objects in the manifests; where a suffix is put behind them, those of a role's Deployment and of a cluster's DaemonSet. */
export function kubernetesNames(): ReadonlySet<string> {
  const files = filesBelow('k8s/base').filter((file) => file.endsWith('.yaml'));
  const named = files.flatMap((file) => [...text(file).matchAll(/^ {2}name: ([\w-]+)$/gm)]);
  const suffixed = files.flatMap((file) => {
    const program = file.includes('/puller/') ? 'puller' : 'processor';
    return [...text(file).matchAll(/^nameSuffix: (-\w+)$/gm)].map(([, suffix]) => `${program}${suffix!}`);
  });
  return new Set([...named.map(([, name]) => name!), ...suffixed]);
}

/** As the sites that show Markdown make it. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** The links of a page that lead nowhere: to a file that is not there, or to a heading that its page does not have. */
export function brokenLinks(path: string): string[] {
  const page = text(path).replace(fence, '');
  const targets = [...page.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => {
    const [file, anchor] = target.split('#');
    const linked = file === '' ? path : join(dirname(path), file!);
    if (!existsSync(join(root, linked))) return true;
    if (anchor === undefined) return false;
    const headings = [
      ...text(linked)
        .replace(fence, '')
        .matchAll(/^#+ (.+)$/gm),
    ].map(([, heading]) => heading!);
    return !headings.map(anchorOf).includes(anchor);
  });
}
