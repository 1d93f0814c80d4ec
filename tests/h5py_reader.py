"""tests/h5py_reader.py - what h5py and NumPy make of Hillock's files; called by the C tests, which know the truth.

    h5py_reader.py attributes FILE              the attributes that SONATA wants, one a line
    h5py_reader.py raster plain|swmr FILE       population, length of times, of ids, CRC-32 of the usable part of both
    h5py_reader.py follow FILE POPULATION       three lengths, while the file grows, of one open dataset
    h5py_reader.py npy FILE COPY                dtype, shape, CRC-32; and writes the array to COPY
    h5py_reader.py results FILE NAME            dtype, shape, units, description, CRC-32
"""
import sys
import time
import zlib


def attributes(path):
    import h5py
    with h5py.File(path, "r") as f:
        print("magic", f.attrs["magic"].dtype, int(f.attrs["magic"]))
        print("version", f.attrs["version"].dtype, f.attrs["version"].tolist())
        for name in sorted(f["spikes"]):
            group = f["spikes"][name]
            sorting = group.attrs.get_id("sorting").dtype
            print(name, "sorting", int(group.attrs["sorting"]), sorting, sorted(h5py.check_enum_dtype(sorting).items()))
            print(name, "units", type(group["timestamps"].attrs["units"]).__name__, group["timestamps"].attrs["units"])
            print(name, group["timestamps"].dtype, group["node_ids"].dtype, group["timestamps"].shape)
        print("seed", f.attrs["seed"])


def raster(mode, path):
    import h5py
    with h5py.File(path, "r", swmr=mode == "swmr") as f:
        for name in sorted(f["spikes"]):
            times, ids = f["spikes"][name]["timestamps"][:], f["spikes"][name]["node_ids"][:]
            n = min(len(times), len(ids))
            print(name, len(times), len(ids), zlib.crc32(times[:n].tobytes()), zlib.crc32(ids[:n].tobytes()))


def follow(path, population):
    import h5py
    with h5py.File(path, "r", swmr=True) as f:
        times = f["spikes"][population]["timestamps"]
        for _ in range(3):
            times.refresh()
            print(len(times))
            time.sleep(0.15)


def npy(path, copy):
    import numpy
    array = numpy.load(path)
    print(array.dtype, array.shape, zlib.crc32(array.tobytes()))
    numpy.save(copy, array)


def results(path, name):
    import h5py
    with h5py.File(path, "r") as f:
        d = f[name]
        print(d.dtype, d.shape, d.attrs.get("units"), d.attrs.get("description"), zlib.crc32(d[()].tobytes()))


if __name__ == "__main__":
    {"attributes": attributes, "raster": raster, "follow": follow, "npy": npy, "results": results}[sys.argv[1]](*sys.argv[2:])
