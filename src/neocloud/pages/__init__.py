"""What pages of HTML are made of: amounts, scales, pictures, tables and sections; and files written whole or not."""
