using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using static TorchSharp.torch;

namespace TrainMm.Tests.Core.Weights;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void TheMetadatasNameIsNoTensors()
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "a.safetensors");
        Assert.Contains("__metadata__", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["__metadata__"] = zeros(1) })).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void EveryTypeComesBackAsItWasWritten()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "types.safetensors");
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var name in SafetensorsDtype.Names) tensors[$"t.{name}"] = tensor(new float[] { 0, 1, 1, 3, 2, 1 }).view(2, 3).to_type(SafetensorsDtype.Parse(name)!.Value);
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["a"] = "ü" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal("ü", file.Metadata["a"]);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Entries.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (name, expected) in tensors)
        {
            var read = file.Read(name);
            Assert.Equal(expected.dtype, read.dtype);
            Assert.Equal(expected.shape, read.shape);
            Assert.True(read.bytes.SequenceEqual(expected.bytes), name);
        }
    }

    [Fact]
    public void ScalarsEmptyTensorsAndSlicesAreWrittenWhole()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "shapes.safetensors");
        var wide = arange(12, ScalarType.Float32).view(3, 4);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["scalar"] = tensor(7L), ["empty"] = zeros(0, 3), ["transposed"] = wide.transpose(0, 1) });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(7, file.Read("scalar").item<long>());
        Assert.Equal([0L, 3L], file.Read("empty").shape);
        Assert.True(file.Read("transposed").allclose(wide.transpose(0, 1), 0, 0));
    }

    [Fact]
    public void AnySetOfTensorsComesBackAsItWasWritten()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "any.safetensors");
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Sets, set =>
        {
            using var scope = NewDisposeScope();
            var tensors = Make(set);
            SafetensorsWriter.Write(path, tensors);
            using var file = SafetensorsFile.Open(path);
            Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal), StringComparer.Ordinal);
            foreach (var (name, expected) in tensors)
            {
                var read = file.Read(name);
                Assert.Equal((expected.dtype, string.Join(' ', expected.shape)), (read.dtype, string.Join(' ', read.shape)));
                Assert.True(read.bytes.SequenceEqual(expected.bytes), name);
            }
        }));
    }

    /// <summary>A byte of the header that is another one: what still can be read lies in the file, and all else is refused in words.</summary>
    [Fact]
    public void AnyByteOfTheHeaderMayBeWrong()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "wrong.safetensors");
        var (read, refused) = (0, 0);
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Sets, Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), Gen.Choose(1, 255).ToArbitrary(), (set, place, mask) =>
        {
            using var scope = NewDisposeScope();
            SafetensorsWriter.Write(path, Make(set));
            var bytes = File.ReadAllBytes(path);
            var header = sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
            bytes[place % header] ^= (byte)mask;
            File.WriteAllBytes(path, bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                var data = bytes.Length - sizeof(long) - BinaryPrimitives.ReadInt64LittleEndian(bytes);
                Assert.All(file.Entries.Values, entry => Assert.True(entry.Begin >= 0 && entry.Begin <= entry.End && entry.End <= data, entry.ToString()));
                foreach (var name in file.Names) file.Read(name);
                read++;
            }
            catch (CheckpointException)
            {
                refused++;
            }
        }));
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void ReadingConvertsToTheWantedType()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "convert.safetensors");
        var values = tensor(new[] { 1f, -2.5f, 3.140625f });
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["w"] = values.to_type(ScalarType.BFloat16) });

        using var file = SafetensorsFile.Open(path);
        var read = file.Read("w", ScalarType.Float32);
        Assert.Equal(ScalarType.Float32, read.dtype);
        Assert.True(read.allclose(values.to_type(ScalarType.BFloat16).to_type(ScalarType.Float32), 0, 0));
    }

    [Fact]
    public void TheBytesDependOnTheTensorsAloneAndNotOnTheirOrder()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var (a, b, c) = (ones(2, 2), zeros([3], ScalarType.Float16), ones([1], ScalarType.Int64));
        var (first, second) = (Path.Combine(folder.Path, "1"), Path.Combine(folder.Path, "2"));
        SafetensorsWriter.Write(first, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = a, ["b"] = b, ["c"] = c });
        SafetensorsWriter.Write(second, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["c"] = c, ["b"] = b, ["a"] = a });
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        Assert.False(File.Exists(first + ".tmp"));
    }

    [Theory]
    [InlineData("not-an-object", "[]")]
    [InlineData("not-json", """{"a":""")]
    [InlineData("unknown-type", """{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}""")]
    [InlineData("wrong-size", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""")]
    [InlineData("overflow", """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""")]
    [InlineData("negative", """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}""")]
    [InlineData("hole", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("overlap", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("beyond-end", """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""")]
    [InlineData("rest", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("name-twice", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""")]
    [InlineData("field-twice", """{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}""")]
    [InlineData("no-shape", """{"a":{"dtype":"F32","data_offsets":[0,8]}}""")]
    [InlineData("backwards", """{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}""")]
    [InlineData("metadata-number", """{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    public void DamagedHeadersAreNamed(string name, string header)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "damaged.safetensors");
        File.WriteAllBytes(path, Bytes(header, data: 8));
        Snapshot.Match(Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message, name, folder.Path);
    }

    [Fact]
    public void FilesThatEndTooEarlyOrClaimTooMuchAreNamed()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "damaged.safetensors");
        var messages = new StringBuilder();
        byte[][] contents = [[], [1, 2, 3], Prefix(1L << 40), Prefix(100), Prefix(-1)];
        foreach (var content in contents)
        {
            File.WriteAllBytes(path, content);
            messages.AppendLine(Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message);
        }

        messages.AppendLine(Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(Path.Combine(folder.Path, "absent.safetensors"))).Message);
        Snapshot.Match(messages.ToString(), "cut-off", folder.Path);
    }

    [Fact]
    public void HeadersThatNestWithoutEndAreAnErrorAndNoCrash()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "deep.safetensors");
        File.WriteAllBytes(path, Bytes(new string('[', 100_000), data: 0));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
    }

    [Fact]
    public void LargeTensorsAreReadInPieces()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "large.safetensors");
        var values = arange(5_000_001, ScalarType.Int32);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["w"] = values });
        using var file = SafetensorsFile.Open(path);
        Assert.True(file.Read("w").allclose(values, 0, 0));
        Assert.True(file.Read("w", ScalarType.Int64).allclose(values.to_type(ScalarType.Int64), 0, 0));
    }

    /// <summary>Mapped into memory, such a file would end the process by SIGBUS.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void AFileThatIsCutOffWhileItIsOpenIsAnErrorAndNoCrash(ScalarType wanted)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder.Path, "cut.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["w"] = ones(100_000) });
        using var file = SafetensorsFile.Open(path);
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(cut.Length / 2);
        Assert.Equal($"{path} ends inside 'w'.", Assert.Throws<CheckpointException>(() => file.Read("w", wanted)).Message);
    }

    [Fact]
    public void AHeaderThatIsNoUtf8IsRefused()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "model.safetensors");
        var bytes = Bytes("""{"name":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4);
        bytes[10] = 0xB5;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("its header is not valid JSON", Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string header, int data) => [.. Prefix(Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[data]];

    private static byte[] Prefix(long length)
    {
        var prefix = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, length);
        return prefix;
    }

    private static Arbitrary<(string Name, ScalarType Type, int[] Shape)[]> Sets
    {
        get
        {
            var tensor =
                from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
                from type in Gen.Elements(SafetensorsDtype.Names.Select(name => SafetensorsDtype.Parse(name)!.Value).ToArray())
                from shape in Gen.Choose(0, 5).ListOf()
                select (Name: string.Concat(name.Get.Where(letter => !char.IsSurrogate(letter))), Type: type, Shape: shape.Take(3).ToArray());
            return tensor.ListOf().Select(set => set.Take(6).DistinctBy(each => each.Name, StringComparer.Ordinal).ToArray()).ToArbitrary();
        }
    }

    private static Dictionary<string, Tensor> Make((string Name, ScalarType Type, int[] Shape)[] set) => set.ToDictionary(
        each => each.Name,
        each =>
        {
            long[] shape = [.. each.Shape.Select(size => (long)size)];
            return arange(shape.Aggregate(1L, (product, size) => product * size), ScalarType.Float32).view(shape).to_type(each.Type);
        },
        StringComparer.Ordinal);
}
