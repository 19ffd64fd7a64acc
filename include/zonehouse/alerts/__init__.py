"""Who is told what by e-mail: the operators and stewards of what went wrong, the enterprises of what they owe."""
