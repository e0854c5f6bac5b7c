import { homedir } from 'node:os';
import { join } from 'node:path';

/** Replaces `~` at the start of a path by the home folder, as a shell does for unquoted paths. */
export function homePath(path: string): string {
  return path === '~' || /^~[/\\]/.test(path) ? join(homedir(), path.slice(1)) : path;
}
