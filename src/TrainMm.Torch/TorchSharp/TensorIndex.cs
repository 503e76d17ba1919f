using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public struct TensorIndex
    {
        public static TensorIndex Ellipsis = new() { kind = IndexKind.Ellipsis };
        public static TensorIndex None = new() { kind = IndexKind.None };
        public static TensorIndex Null = new() { kind = IndexKind.None };
        public static TensorIndex Colon = Slice();

        private IndexKind kind;
        private long start;
        private long stop;
        private long step;
        private Tensor? tensor;

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { kind = IndexKind.Slice, start = start ?? 0, stop = stop ?? long.MaxValue, step = step ?? 1 };

        public static TensorIndex Slice((int?, int?) range) => Slice(range.Item1, range.Item2);

        public static TensorIndex Slice(Range range) => Slice(Position(range.Start), range.End.Equals(Index.End) ? null : Position(range.End));

        public static TensorIndex Bool(bool value) => new() { kind = IndexKind.Bool, start = value ? 1 : 0 };

        public static TensorIndex Single(long? index) => index is { } given ? new() { kind = IndexKind.Single, start = given } : None;

        public static TensorIndex Tensor(Tensor tensor) => new() { kind = IndexKind.Tensor, tensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex((int?, int?) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(Position(index));

        internal readonly object? Source => tensor;

        internal readonly IndexValue ToValue() => new() { Kind = kind, Start = start, Stop = stop, Step = step, Tensor = tensor?.Native ?? 0 };

        private static long Position(Index index) => index.IsFromEnd ? -index.Value : index.Value;
    }
}
