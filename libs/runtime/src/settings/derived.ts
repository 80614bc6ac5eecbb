import type { Findings, Place } from './fault';
import type { Ini } from './ini';
import { readNamedRows } from './named-rows';
import { derivedSections, type DerivedSection } from './table';

/** A metric of the user's own, NAME = formula, and where it stands. What name and formula mean is not looked at here. */
export interface DerivedSetting extends Place {
  readonly section: DerivedSection;
  /** What it is computed for; undefined: everything that has what the formula needs. */
  readonly kind: (typeof derivedSections)[DerivedSection];
  /** As it was written, capitals included. */
  readonly name: string;
  readonly formula: string;
}

/** Those of `[derived]` first, then those of one kind, each in file order: a formula may use those before it. */
export function readDerived(ini: Ini, findings: Findings): DerivedSetting[] {
  const sections = Object.keys(derivedSections) as DerivedSection[];
  return sections.flatMap((section) =>
    readNamedRows(ini, section, findings).map(({ entry: { file, line, name }, text: formula }) => ({
      section,
      kind: derivedSections[section],
      name,
      formula,
      file,
      line,
    })),
  );
}
