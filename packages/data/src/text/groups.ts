import type { InputFile } from '../storage/files.js';

/** Size of a group of files, roughly. */
const GROUP_BYTES = 2 ** 20;

/**
 * Groups of consecutive files that are read and stored together, because an entry for each of many small files would
 * cost more than reading them. Where a group ends depends on the content of its last file only (content-defined
 * chunking, as in Muthitacharoen et al., "A low-bandwidth network file system", 2001): a file that is added or changed
 * changes its own group and no other. Files of at least `GROUP_BYTES` are groups of their own.
 */
export function groupFiles(files: readonly InputFile[]): readonly (readonly InputFile[])[] {
  const groups: InputFile[][] = [];
  let isOpen = false;
  for (const file of files) {
    const isLarge = file.bytes >= GROUP_BYTES;
    if (isOpen && !isLarge) groups.at(-1)!.push(file);
    else groups.push([file]);
    const draw = Number.parseInt(file.digest.slice(0, 8), 16) / 2 ** 32;
    isOpen = !isLarge && draw >= file.bytes / GROUP_BYTES;
  }
  return groups;
}
