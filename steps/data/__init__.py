"""Steps that make or prepare data. What turns data into models lives in the other families."""
