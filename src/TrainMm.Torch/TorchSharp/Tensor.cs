using System.Runtime.CompilerServices;
using TrainMm.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A libtorch tensor. It owns one reference to it, given back by Dispose, by its dispose scope or by the finaliser.</summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;

        private nint handle;

        internal Tensor(nint handle)
        {
            this.handle = handle;
            Count();
            DisposeScopeManager.Current?.Add(this);
        }

        ~Tensor() => Dispose(false);

        public static long TotalCount => Interlocked.Read(ref totalCount);

        public static long PeakCount => Interlocked.Read(ref peakCount);

        public nint Handle => Native;

        public bool IsInvalid => handle == 0;

        internal DisposeScope? OwningScope { get; set; }

        internal int PlaceInScope { get; set; }

        internal nint Native
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get
            {
                var value = handle;
                return value != 0 ? value : ThrowDisposed();
            }
        }

        public void Dispose()
        {
            OwningScope?.Remove(this);
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningScope?.MoveToOuter(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            OwningScope?.Remove(this);
            other.Attach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other)
        {
            OwningScope?.Remove(this);
            other.OwningScope?.Attach(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningScope?.Remove(this);
            return this;
        }

        public nint DecoupleFromNativeHandle()
        {
            var taken = Interlocked.Exchange(ref handle, 0);
            if (taken == 0)
            {
                ThrowDisposed();
            }

            Interlocked.Decrement(ref totalCount);
            OwningScope?.Remove(this);
            GC.SuppressFinalize(this);
            return taken;
        }

        protected virtual void Dispose(bool disposing)
        {
            // Also the finaliser's way: it must not touch the scope, which may be finalised already.
            var owned = Interlocked.Exchange(ref handle, 0);
            if (owned != 0)
            {
                NativeMethods.tm_free(owned);
                Interlocked.Decrement(ref totalCount);
            }
        }

        internal static Tensor? Wrap(nint handle) => handle == 0 ? null : new Tensor(handle);

        private static void Count()
        {
            var now = Interlocked.Increment(ref totalCount);
            if (now > Volatile.Read(ref peakCount))
            {
                Interlocked.Exchange(ref peakCount, now);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static nint ThrowDisposed() => throw new ObjectDisposedException(nameof(Tensor), "The tensor was used after it had been disposed.");
    }
}
