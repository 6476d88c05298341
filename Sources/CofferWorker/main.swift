// coffer.fcgi: the worker. Loads, serves, exits.
