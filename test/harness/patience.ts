import { quietRequestQueue } from '@haproxystats/messaging';
import { runProgramsFrom } from '../support/program';
import { announcedProvision } from './provision';

/** Set-up of the integration project: a server may have to start while other tests keep every core busy. */
jest.setTimeout(300_000);

// Also for the clients that the tests make by themselves.
quietRequestQueue();

runProgramsFrom(announcedProvision().image);
