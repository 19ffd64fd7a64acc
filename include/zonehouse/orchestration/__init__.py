"""What Airflow needs of the library: thin task functions, partitions, and the embedded Airflow of ``make run``."""
