"""How results are reported: the table and its summary, the lesson of a failure, the files for programs."""
