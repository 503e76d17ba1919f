using System.IO.Compression;
using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Core.Weights.PyTorch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Core.Weights.PyTorch;

public sealed class TorchFileTests
{
    [Fact]
    public void EveryTypeComesBackAsItWasWritten()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "types.bin");
        var tensors = SafetensorsDtype.Names.ToDictionary(
            name => $"t.{name}", name => tensor(new float[] { 0, 1, 1, 3, 2, 1 }).view(2, 3).to_type(SafetensorsDtype.Parse(name)!.Value), StringComparer.Ordinal);
        tensors["scalar"] = tensor(7L);
        tensors["empty"] = zeros(0, 3);
        tensors["transposed"] = arange(12, ScalarType.Float32).view(3, 4).transpose(0, 1);
        TorchFileWriter.Write(path, tensors);

        using var source = WeightSource.Open(path);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), source.Names.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, expected) in tensors)
        {
            var read = source.Read(name);
            Assert.Equal(expected.dtype, read.dtype);
            Assert.Equal(expected.shape, read.shape);
            Assert.True(read.bytes.SequenceEqual(expected.contiguous().bytes), name);
        }

        Assert.Equal(3f, source.Read("t.BF16", ScalarType.Float32)[1, 0].item<float>());
    }

    [Fact]
    public void TheBytesDependOnTheTensorsAlone()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var (first, second) = (Path.Combine(folder.Path, "1.bin"), Path.Combine(folder.Path, "2.bin"));
        TorchFileWriter.Write(first, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(2), ["b"] = zeros(3) });
        TorchFileWriter.Write(second, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["b"] = zeros(3), ["a"] = ones(2) });
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void AFolderWithAnIndexReadsEachTensorFromItsShard()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        TorchFileWriter.Write(Path.Combine(folder.Path, "pytorch_model-1.bin"), new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(2) });
        TorchFileWriter.Write(Path.Combine(folder.Path, "pytorch_model-2.bin"), new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["b"] = zeros(3) });
        folder.Write("pytorch_model.bin.index.json", """{"weight_map":{"a":"pytorch_model-1.bin","b":"pytorch_model-2.bin"}}""");
        using var source = WeightSource.Open(folder.Path);
        Assert.True(source.Read("a").allclose(ones(2), 0, 0));
        Assert.Equal([3L], source.Entry("b").Shape);
    }

    [PyTorchFact]
    public void WhatPyTorchWroteIsRead()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "pytorch_model.bin");
        PyTorchFactAttribute.Run(
            """
            import sys, torch
            layer = torch.nn.Linear(3, 2)
            torch.nn.init.constant_(layer.weight, 0.5); torch.nn.init.constant_(layer.bias, -1)
            wide = torch.arange(12, dtype=torch.float32).view(3, 4)
            state = layer.state_dict()                       # an OrderedDict with versions beside it
            state["parameter"] = torch.nn.Parameter(torch.tensor([1.5, 2.5], dtype=torch.bfloat16))
            state["transposed"], state["column"], state["expanded"] = wide.t(), wide[:, 1], torch.ones(1, 2).expand(3, 2)
            state["shared"], state["part"] = wide, wide[1]   # one storage
            state["half"], state["double"], state["flags"] = torch.tensor([0.25]).half(), torch.tensor(2.0).double(), torch.tensor([True, False])
            state["long"], state["empty"] = torch.tensor([2 ** 40]), torch.zeros(0, 5)
            torch.save(state, sys.argv[1])
            torch.save(dict(state), sys.argv[2], pickle_protocol=4)
            torch.save(state, sys.argv[3], _use_new_zipfile_serialization=False)
            """,
            path,
            Path.Combine(folder.Path, "protocol4.bin"),
            Path.Combine(folder.Path, "older.bin"));
        foreach (var file in (string[])[path, Path.Combine(folder.Path, "protocol4.bin"), Path.Combine(folder.Path, "older.bin")])
        {
            using var source = WeightSource.Open(file);
            var wide = arange(12, ScalarType.Float32).view(3, 4);
            Same(full([2, 3], 0.5), source.Read("weight"));
            Same(full([2], -1, ScalarType.Float32), source.Read("bias"));
            Same(tensor(new[] { 1.5f, 2.5f }).to_type(ScalarType.BFloat16), source.Read("parameter"));
            Same(wide.transpose(0, 1), source.Read("transposed"));
            Same(wide.select(1, 1), source.Read("column"));
            Same(ones(3, 2), source.Read("expanded"));
            Same(wide, source.Read("shared"));
            Same(wide[1], source.Read("part"));
            Same(tensor(new[] { 0.25f }).to_type(ScalarType.Float16), source.Read("half"));
            Same(tensor(2.0), source.Read("double"));
            Same(tensor(new[] { true, false }), source.Read("flags"));
            Same(tensor(new[] { 1L << 40 }), source.Read("long"));
            Assert.Equal([0L, 5L], source.Entry("empty").Shape);
            Same(wide.select(1, 1).to_type(ScalarType.BFloat16), source.Read("column", ScalarType.BFloat16));
        }
    }

    [PyTorchFact]
    public void PyTorchReadsWhatWasWritten()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "mm_projector.bin");
        TorchFileWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["model.mm_projector.0.weight"] = arange(6, ScalarType.Float32).view(2, 3),
            ["model.mm_projector.0.bias"] = tensor(new[] { 0.5f, -3f }).to_type(ScalarType.BFloat16),
            ["ü"] = tensor(1L << 40),
            ["empty"] = zeros(0, 4),
        });
        var printed = PyTorchFactAttribute.Run(
            """
            import sys, torch
            for only in (False, True):
                for name, t in sorted(torch.load(sys.argv[1], map_location="cpu", weights_only=only).items()):
                    print(name.encode("unicode_escape").decode(), t.dtype, list(t.shape), t.is_contiguous(), t.reshape(-1).tolist())
            """,
            path);
        const string Once =
            """
            empty torch.float32 [0, 4] True []
            model.mm_projector.0.bias torch.bfloat16 [2] True [0.5, -3.0]
            model.mm_projector.0.weight torch.float32 [2, 3] True [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
            \xfc torch.int64 [] True [1099511627776]

            """;
        Assert.Equal(Once + Once, printed);
    }

    /// <summary>The form before PyTorch 1.6, by hand: magic number, version, machine, content, the list of storages, one storage.</summary>
    [Theory]
    [InlineData(4, 16, null)]
    [InlineData(4, 15, "storage 7 is cut off")]
    [InlineData(3, 16, "storage 7 is cut off")]
    public void TheOlderFormIsRead(byte elements, int bytes, string? fault)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.bin");
        const string Pickles =
            "\u0080\u0002\u008a\u000a\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.\u0080\u0002M\u00e9\u0003.\u0080\u0002}X\u000d\0\0\0little_endian\u0088s."
            + "\u0080\u0002}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\07X\u0003\0\0\0cpuK\u0004NtQK\0K\u0004\u0085K\u0001\u0085NNtRs."
            + "\u0080\u0002]X\u0001\0\0\07a.";
        byte[] values = [.. new float[] { 1, 2, 3, 4 }.SelectMany(BitConverter.GetBytes)];
        File.WriteAllBytes(path, [.. Encoding.Latin1.GetBytes(Pickles), elements, 0, 0, 0, 0, 0, 0, 0, .. values[..bytes]]);
        if (fault is not null)
        {
            Assert.Contains(fault, Assert.Throws<CheckpointException>(() => WeightSource.Open(path)).Message, StringComparison.Ordinal);
            return;
        }

        using var source = WeightSource.Open(path);
        Same(tensor(new float[] { 1, 2, 3, 4 }), source.Read("a"));
    }

    [Theory]
    [InlineData("code", "cposix\nsystem\n(X\u0002\0\0\0lstR.")]
    [InlineData("unknown-function", "ctorch._utils\n_rebuild_qtensor\n.")]
    [InlineData("unknown-storage", "ctorch\nQInt8Storage\n.")]
    [InlineData("instruction", "(i__builtin__\neval\n.")]
    [InlineData("no-dictionary", "]q\0.")]
    [InlineData("no-tensors", "}(X\u0001\0\0\0aK\u0001X\u0001\0\0\0bNu.")]
    [InlineData("cut-off", "}(X\u0009\0\0\0a")]
    [InlineData("no-mark", "}u.")]
    [InlineData("beyond-record", "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0008tQK\u0000K\u0008\u0085K\u0001\u0085NNtRs.")]
    [InlineData("beyond-storage", "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQK\u0001K\u0004\u0085K\u0001\u0085NNtRs.")]
    [InlineData("no-record", "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\07X\u0003\0\0\0cpuK\u0004tQK\0K\u0004\u0085K\u0001\u0085NNtRs.")]
    public void WhatNoStateDictNeedsIsRefusedByName(string name, string pickle)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "model.bin");
        WriteZip(path, CompressionLevel.NoCompression, ("m/data.pkl", [0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]), ("m/data/0", new byte[16]));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => WeightSource.Open(path)).Message, name, folder.Path);
    }

    [Fact]
    public void WhatIsNoPyTorchFileIsNamed()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "model.bin");
        var messages = new StringBuilder();
        void Expect() => messages.AppendLine(Assert.Throws<CheckpointException>(() => WeightSource.Open(path)).Message);
        Expect();
        foreach (var content in (byte[][])[[], [1, 2, 3], [0x80, 2, (byte)'.'], [.. "PK"u8, .. new byte[40]]])
        {
            File.WriteAllBytes(path, content);
            Expect();
        }

        WriteZip(path, CompressionLevel.NoCompression, ("m/version", [51]));
        Expect();
        WriteZip(path, CompressionLevel.Optimal, ("m/data.pkl", [.. Enumerable.Repeat((byte)'}', 100)]));
        Expect();
        WriteZip(path, CompressionLevel.NoCompression, ("m/data.pkl", [0x80, 2, .. "}."u8]), ("m/byteorder", [.. "big"u8]));
        Expect();
        using (var scope = NewDisposeScope()) TorchFileWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(100) });
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^200]);
        Expect();
        Snapshot.Match(messages.ToString(), "no-file", folder.Path);
    }

    [Fact]
    public void RecordsThatLeadOutOldTarsAndEndlessPicklesAreRefused()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "model.bin");
        var messages = new StringBuilder();
        void Expect() => messages.AppendLine(Assert.Throws<CheckpointException>(() => WeightSource.Open(path)).Message);
        foreach (var name in new[] { "m/../../data/0", "/m/data/0", "m\\data\\0" })
        {
            WriteZip(path, CompressionLevel.NoCompression, ("m/data.pkl", [0x80, 2, .. "}."u8]), (name, new byte[16]));
            Expect();
        }

        WriteZip(path, CompressionLevel.NoCompression, ("m/data.pkl", [0x80, 2, .. Enumerable.Repeat((byte)'N', 20_000_001), (byte)'.']));
        Expect();
        using (var tar = new System.Formats.Tar.TarWriter(new FileStream(path, FileMode.Create))) tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "storages"));
        Expect();
        Snapshot.Match(messages.ToString(), "hostile", folder.Path);
    }

    [Fact]
    public void DamageAnywhereIsAnErrorAndNoCrash()
    {
        const int Attempts = 2000;
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "model.bin");
        TorchFileWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(2, 3), ["b"] = zeros([4], ScalarType.Int64) });
        var sound = File.ReadAllBytes(path);
        var random = new Random(5);
        var refused = 0;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var damaged = sound.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, damaged);
            try
            {
                using var source = WeightSource.Open(path);
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Attempts / 4, Attempts);
    }

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.contiguous().bytes.SequenceEqual(actual.contiguous().bytes));
    }

    private static void WriteZip(string path, CompressionLevel level, params (string Name, byte[] Content)[] records)
    {
        using var archive = new ZipArchive(new FileStream(path, FileMode.Create), ZipArchiveMode.Create);
        foreach (var (name, content) in records)
        {
            using var stream = archive.CreateEntry(name, level).Open();
            stream.Write(content);
        }
    }
}
