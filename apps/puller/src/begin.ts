import { begin } from '@haproxystats/runtime';

// Imported before all else, for that is when this runs.
begin();
