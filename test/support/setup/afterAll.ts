// Global tear-down of every Jest project that had a set-up.
import { stopServers } from './servers';

export = stopServers;
