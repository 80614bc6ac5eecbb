/** A release of HAProxy, for comparing: 2.6.12 is [2, 6]. */
export type Release = readonly [major: number, minor: number];

/** The release in a `Version` line such as `2.6.12-1+deb12u4` or `3.5-dev5`; undefined where there is none. */
export function releaseOf(version: string): Release | undefined {
  const [, major, minor] = /^\s*v?(\d{1,4})\.(\d{1,4})(?!\d)/.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/** Whether `release` is older than `other`. */
export function isBefore(release: Release, other: Release): boolean {
  return release[0] === other[0] ? release[1] < other[1] : release[0] < other[0];
}
