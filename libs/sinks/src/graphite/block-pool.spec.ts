import { BlockPool, blockBytes } from './block-pool';

describe('BlockPool', () => {
  it('gives out again what it got back, whole', () => {
    const pool = new BlockPool();
    const block = pool.take(10);
    pool.give([block.subarray(0, 10)]);
    const again = pool.take(10);
    expect(again.buffer).toBe(block.buffer);
    expect(again.length).toBe(blockBytes);
    expect(pool.take(10).buffer).not.toBe(block.buffer);
  });

  it('takes back no block of another size', () => {
    const pool = new BlockPool();
    const large = pool.take(blockBytes + 1);
    expect(large.length).toBeGreaterThan(blockBytes);
    pool.give([large, Buffer.from('a slice of a buffer that others share')]);
    expect(pool.take(1).length).toBe(blockBytes);
    expect(pool.take(1).buffer).not.toBe(large.buffer);
  });

  it('keeps no more than a batch of them', () => {
    const pool = new BlockPool();
    const blocks = Array.from({ length: 200 }, () => pool.take(1));
    pool.give(blocks);
    const known = new Set(blocks.map(({ buffer }) => buffer));
    const taken = Array.from({ length: 200 }, () => pool.take(1));
    expect(taken.filter(({ buffer }) => known.has(buffer)).length).toBe(128);
  });
});
