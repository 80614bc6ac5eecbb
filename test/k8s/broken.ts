import type { Kind, Manifests } from './manifests';

/** A change that makes sound manifests bad ones: of one object, at one place. */
export interface Break {
  readonly kind: Kind;
  /** `namespace/name`, or what it ends with. */
  readonly name: string;
  /** `spec.template.spec.volumes.config`: elements of a list by their number or name, a dot within a key written `~`. */
  readonly path: string;
  /** undefined: the field is taken away. */
  readonly value?: unknown;
  /** The field is called this instead. */
  readonly rename?: string;
}

/** Objects that are often broken. */
export const node = { kind: 'Deployment', name: 'processor-node' } as const;
export const scaled = { kind: 'ScaledObject', name: 'processor-graphite' } as const;
export const puller = { kind: 'DaemonSet', name: 'puller-edge-1' } as const;

/** Places in a workload. */
export const pod = 'spec.template.spec';
export const container = `${pod}.containers.0`;

/** A copy with the change in it; throws where there is nothing to change. */
export function broken(sound: Manifests, { kind, name, path, value, rename }: Break): Manifests {
  const copy = structuredClone(sound);
  const object = copy.find((each) => each.kind === kind && isNamed(each, name));
  if (!object) throw new Error(`there is no ${kind} ${name}`);
  const keys = path.split('.').map((key) => key.replaceAll('~', '.'));
  const last = keys.pop()!;
  const parent = keys.reduce<Tree>((tree, key) => subtree(tree, key), object as unknown as Tree);
  if (value === undefined) subtree(parent, last);
  if (rename !== undefined) {
    parent[rename] = subtree(parent, last);
    parent[last] = undefined;
  } else if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(parent.indexOf(subtree(parent, last)), 1);
  else Reflect.deleteProperty(parent, last);
  return copy;
}

type Tree = Record<string, unknown>;

/** Of a generated one without the digest of its content. */
function isNamed({ metadata }: Manifests[number], name: string): boolean {
  const place = `/${metadata.namespace ?? ''}/${metadata.name.replace(/-[a-z0-9]{10}$/, '')}`;
  return place.endsWith(`/${name}`);
}

function subtree(tree: Tree, key: string): Tree {
  const found = Array.isArray(tree)
    ? (tree as { name?: string }[]).find(({ name }, i) => name === key || String(i) === key)
    : tree[key];
  if (found === undefined) throw new Error(`there is no ${key} to break`);
  return found as Tree;
}
