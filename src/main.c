/* main.c - wires the layers together; no other file sees all of them. */
#include <stdlib.h>

int main(void)
{
    return EXIT_SUCCESS;
}
