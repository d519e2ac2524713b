"""What is told of a result: the table and its last line, the lesson of a failure, the files for programs."""
